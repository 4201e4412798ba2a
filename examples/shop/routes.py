"""What the shop's API declares. All routes but `/health` are behind the authorizer."""

OPEN = ["GET /health"]

GUARDED = [
    "GET /",
    "GET,POST /product",
    "GET,PUT,DELETE /product/{id}",
    "GET,POST /product/{id}/reviews",
    "GET,DELETE /product/{id}/reviews/{review}",
    "GET,POST /order",
    "GET /order/{id}",
    "GET /order/{id}/items/{item}/label",
    "GET /admin",
    "ANY /admin/{proxy+}",
]
