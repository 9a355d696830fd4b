"""Settings of the sampler, apart from it so that readers of posteriors need not import it."""

SEED = 20_261_121
SAMPLER = {"chains": 4, "tune": 600, "target_accept": 0.95, "seed": SEED}
"""Four chains; 95 % acceptance because few studies make a funnel that larger steps fall into."""
RETRIES = (0.99, 0.999)
"""Acceptance asked for, in turn, where a fit breaks the rule of convergence: smaller steps, and so a longer
run.
"""
DRAWS = 4000
"""Draws of each chain, unless an endpoint's model is slow enough to name its own number."""
