"""Any table of studies pooled from the command line."""
