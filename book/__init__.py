"""Pages: what the review shows, from records and posteriors. `python -m book` builds them."""
