"""What the pages of the endpoints share."""
