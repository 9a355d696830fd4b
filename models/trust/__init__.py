"""How far to trust it: other choices, priors, simulated reviews, other software, the next study,
certainty.
"""
