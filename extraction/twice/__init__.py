"""A paper extracted by two people: where they agree, what is to be settled, and the one record of both."""
