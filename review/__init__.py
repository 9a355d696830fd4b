"""The console command `review`: every command of the three packages, under one name."""
