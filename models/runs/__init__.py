"""Behind many.py: the workers of many fits, and their results on disk; results too heavy for every build; one
process at a time.
"""
