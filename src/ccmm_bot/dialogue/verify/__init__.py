"""Static proofs about dialogues, one check per file."""
