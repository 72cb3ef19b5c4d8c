"""The conversation transaction: receive a message, apply what the engine decides, present the answer."""
