"""An API behind Cognito: groups of a user pool are roles. The pool is an issuer on this machine, with real keys."""
