"""Real parts that the tests of several packages share."""
