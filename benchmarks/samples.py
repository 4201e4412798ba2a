"""Authorizers as people write them: `benchmarks.cold_start` times what they cost when a Lambda starts, `tests/architecture` counts it."""

from __future__ import annotations

FUNCTION = """
from cwsauth import authorizer, secret_equals
@authorizer
def auth(request):
    return ["product/*"] if secret_equals(request.token, "x") else False
"""
STATIC = """
import os
os.environ["USER_TOKEN"] = "x"
from cwsauth import authorizer
from cwsauth.tokens import StaticTokens
auth = authorizer(StaticTokens({"USER_TOKEN": ["product/*"]}))
"""
TABLE = """
from cwsauth import Policy, authorizer, secret_equals
RULES = Policy.of(["GET product", "GET product/*", "product/*/review", "PUT cart/{id}", "GET cart/{id}",
                   "order/**", "!order/internal", "GET,POST note", "tag/{id}", "health"])
@authorizer(routes=["GET /product", "GET,PUT /product/{id}", "ANY /product/{id}/review", "GET,PUT /cart/{id}",
                    "ANY /order/{proxy+}", "GET,POST /note", "ANY /tag/{id}", "GET /health"])
def auth(request):
    return RULES if secret_equals(request.token, "x") else False
"""
SECRET_JWT = """
from cwsauth import authorizer
from cwsauth.tokens import JWT
auth = authorizer(JWT(issuer="https://i.example", audience="a", algorithms=["HS256"], secret=b"x" * 32, grant=True))
"""
KEY_JWT = """
from cwsauth import authorizer
from cwsauth.tokens import JWT
KEY = '''-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA3CX2hrrq1QqS4wupng1r
k4995mHD78vU9LYMJUfbwxJUWzrH7zU82Fd4uD9XKsHTK7pFjEzeL6DFri/38QmX
U0eNyFUJ/vva8NshCInfH0Q+U/v2+fTA592HvMC01P58X+mIeI9KxBw+1AFIRgoy
i6Oay2BKv252wPWevUcCD6CtasXuD2UcMDlE2HxbQlmbcGeFsqlmwTB/siUsyAm0
6+gFTDbW4zCcMnpSiSgmngyx6p57sqGo9hgVGhFFKNHW45Uja51EX/8sPSSAiesv
HCC95PmbHnhtPpkQM95+yiaT8pginAGHE94rkgbshmU9JDoN5+FPgyiSJk4qqI22
rwIDAQAB
-----END PUBLIC KEY-----'''
auth = authorizer(JWT(issuer="https://i.example", audience="a", algorithms=["RS256"], key=KEY, grant=True))
"""
JWKS_JWT = """
from cwsauth import authorizer
from cwsauth.tokens import JWT
auth = authorizer(JWT(issuer="https://i.example", audience="a", algorithms=["RS256"], jwks="https://i.example/keys", grant=True))
"""
