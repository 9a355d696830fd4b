"""How long the review takes, and how much memory, beside its targets."""
