"""An agency as its administrator keeps it: settings, staff, offices, help lines, how the service stands, and the audit to read."""
