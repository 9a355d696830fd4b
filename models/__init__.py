"""From evidence to posteriors: priors, likelihoods, models, and the engines that fit them.

What is made of posteriors lies below: trust, history and shown; how many fits are run, in runs.
"""
