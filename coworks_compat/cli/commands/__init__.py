"""One module a command, with the attribute `command`."""
