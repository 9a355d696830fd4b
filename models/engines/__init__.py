"""From likelihoods and priors to posteriors: the sampler, deterministic quadrature, and the rule of
convergence.
"""
