"""The path every message takes: fixed SQL, few statements, one durable commit for everything that waits."""
