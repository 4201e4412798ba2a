"""A service for several tenants: every rule is about the tenant that the caller's token names."""
