"""What is said of each endpoint in numbers: summaries, absolute effects, effects read through the bias."""
