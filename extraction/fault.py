"""What stops a command and can be mended by whoever gave it."""


class Fault(Exception):
    """Base of every such error; the message alone says what was found, where, and which rule it breaks."""
