"""What staff see and decide: people, cases, flags, and who may look at them."""
