"""A new review: its folder, its question with every field explained, an invented study so that it builds."""
