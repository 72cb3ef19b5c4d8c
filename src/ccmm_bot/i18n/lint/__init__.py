"""The catalogues' own check: one rule per module, each with its code; ``registry`` lists them."""
