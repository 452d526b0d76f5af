"""A stock list, printed as a table."""
