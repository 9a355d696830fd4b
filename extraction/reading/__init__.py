"""A paper's text beside its record: every number it prints, where, and whether it is recorded."""
