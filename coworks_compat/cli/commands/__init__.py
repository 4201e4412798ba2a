"""One module a command of `cws`, each with its `command`."""
