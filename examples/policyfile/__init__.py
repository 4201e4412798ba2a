"""A service whose authorizer is a file: roles, conditions, tokens and tests in `policy.yaml`, read again when it changes."""
