"""Which reports enter which endpoint, and why the others do not: collect.py goes through the rules."""
