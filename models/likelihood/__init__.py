"""The likelihood of each kind of report, and the arithmetic behind it."""
