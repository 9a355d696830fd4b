"""HTML of the pages: figures, tables, links to sources, files that are handed over."""
