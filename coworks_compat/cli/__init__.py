"""The `cws` command."""
