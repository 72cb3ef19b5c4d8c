"""Work that is later or longer: the port, the engine behind it, and what runs."""
