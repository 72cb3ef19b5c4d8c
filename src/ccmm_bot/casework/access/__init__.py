"""Who comes in and what she may do: accounts, sign-in, sessions, second factors, tokens of machines, and the one access policy."""
