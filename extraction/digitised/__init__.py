"""Digitised survival curves: read, held to what a curve can be, and answered from the command line."""
