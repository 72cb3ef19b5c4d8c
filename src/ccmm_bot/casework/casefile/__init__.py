"""The case file: what staff write about a case, from intake to exit."""
