"""Forms of other programs: what they write, read as drafts of records, and what they read, written."""
