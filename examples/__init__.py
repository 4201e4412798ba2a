"""Examples: each runs with `make demo EXAMPLE=name`."""
