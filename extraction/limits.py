"""How much a file that somebody hands in may hold: whatever is within these limits is read and checked in
seconds, and anything beyond is refused at once, with the limit named.
"""

LARGEST_FILE = 2_000_000
"""Bytes of a record, a register or another YAML file; a full record has about seventy thousand."""
DEEPEST_NESTING = 12
"""Levels of such a file; a record needs five."""
MOST_VALUES = 30_000
"""Values of such a file; a full record has about three thousand."""
LONGEST_TEXT = 4_000
"""Characters of a value; the longest reasons have about four hundred."""
MOST_ENTRIES = 1_000
"""Printed numbers of a record; the longest has about two hundred."""
MOST_STUDIES = 1_000
"""Papers of a register: every pair of them is asked whether it shares patients."""
MOST_PATIENTS = 1_000_000
"""Patients of a group."""
MOST_PROBLEMS = 200
"""Faults of one kind that are told one by one."""
MOST_AT_RISK = 20_000
"""Patients of an arm whose curve is read: each is reconstructed."""
LARGEST_CURVE = 1_000_000
"""Bytes of a digitised curve; one of a hundred points has about four thousand."""
MOST_POINTS = 2_000
"""Lines of a digitised curve: its points, numbers at risk and remarks."""
LARGEST_TABLE = 20_000_000
"""Bytes of any other table."""
MOST_ROWS = 2_000
"""Studies of a table that are pooled."""
