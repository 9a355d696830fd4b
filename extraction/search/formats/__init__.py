"""The formats in which databases hand over what a search found: one file each."""
