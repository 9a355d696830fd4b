"""What follows from a record: group sizes, characteristics, the tables that could stand behind its
numbers.
"""
