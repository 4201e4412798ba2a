"""coworks_compat."""
