"""How long an agency keeps what: the periods, what has passed them, and removing it."""
