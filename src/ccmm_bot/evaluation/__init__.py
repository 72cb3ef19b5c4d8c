"""What evaluators get: a pseudonymous data set, tables that can be repeated, and files for their own tools. Reads the store."""
