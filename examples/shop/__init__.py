"""A shop behind API Gateway: a Lambda backend, and an authorizer that returns True, a list of routes or False."""
