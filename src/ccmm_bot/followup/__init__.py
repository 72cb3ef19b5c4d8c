"""Pure rules of time: when something may be sent, when something is due."""
