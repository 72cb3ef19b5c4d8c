"""Inviting people: codes, links for each channel, and the posters on the wall."""
