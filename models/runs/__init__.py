"""Many fits, resumable, and results too heavy for every build; one process at a time."""
