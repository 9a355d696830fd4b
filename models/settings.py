"""Settings of the sampler, apart from it so that readers of posteriors need not import it."""

SAMPLER = {"chains": 4, "tune": 600, "target_accept": 0.95, "seed": 20_261_121}
"""Four chains; 95 % acceptance because few studies make a funnel that larger steps fall into."""
DRAWS = 4000
"""Draws of each chain, unless an endpoint's model is slow enough to name its own number."""
