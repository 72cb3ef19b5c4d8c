"""One person: her page, what happened with her, finding her, and everything of hers given out or erased."""
