"""Multilingual intake and follow-up conversations for settlement agencies."""
