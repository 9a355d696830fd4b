"""Where the tree of the review stands, and what is made of it."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
"""The top folder of the repository."""
BUILD = ROOT / "_build"
"""All that is computed: pages, posteriors, results; removed by `make clean`."""
