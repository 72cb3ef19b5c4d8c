"""Languages, catalogues, and reading what people type."""
