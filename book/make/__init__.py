"""From pages to the built book, its archive and its PDF."""
