"""What pages and commands show: sentences, figures and tables."""
