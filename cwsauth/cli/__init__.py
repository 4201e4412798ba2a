"""The command line `cwsauth`: `cwsauth.cli.app:cli` is the click group, for others to mount under their own."""
