"""The dialogue language: a small statechart profile, pure and deterministic."""
