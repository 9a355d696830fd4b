"""From evidence to posteriors: priors, likelihoods, models, and the engines that fit them.

What is made of posteriors lies below: trust, history and shown; how many fits are run, in runs.
"""

import os

# the matrices here are small: threads of a linear algebra library only wait for each other
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
