"""The demonstration: phones on a page, beside what staff see of them. Only on this machine, only when it was started as such."""
