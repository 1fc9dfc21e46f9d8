"""What an analyst can do with terms and facts from the command line."""
