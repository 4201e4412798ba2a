"""cwsauth."""
