"""Papers to evidence: the register, the records, their checks, and what enters each endpoint."""
