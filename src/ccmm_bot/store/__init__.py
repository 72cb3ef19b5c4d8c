"""The database: tables, sessions, encrypted columns, migrations."""
