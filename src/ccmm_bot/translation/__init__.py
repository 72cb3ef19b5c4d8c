"""Machine translation of what people write, for staff to read. Never of anything that is sent to a person."""
