"""One module a command; each has the click command as `command`, and leaves the work to the library."""
