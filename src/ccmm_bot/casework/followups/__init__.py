"""The follow-ups of a case: planned, looked at when due, and listed with the reason for what was not sent."""
