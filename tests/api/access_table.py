"""Permissions: a rule for every route, and the status that each rule gives each role.

A new route needs a row; a new role needs an entry in every rule.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from domain.api_key import Scope

Role = Literal["nobody", "deactivated", "stranger", "admin", "owner"]
Rule = Mapping[Role, int]

SUCCESS: Final = 0
"""A placeholder for the status of the route on success."""

PUBLIC: Rule = {
    "nobody": SUCCESS,
    "deactivated": SUCCESS,
    "stranger": SUCCESS,
    "admin": SUCCESS,
    "owner": SUCCESS,
}
ACCOUNT: Rule = {
    "nobody": 401,
    "deactivated": 401,
    "stranger": SUCCESS,
    "admin": SUCCESS,
    "owner": SUCCESS,
}
OWNED: Rule = {
    "nobody": 401,
    "deactivated": 401,
    "stranger": 404,
    "admin": 404,
    "owner": SUCCESS,
}
AUDITED: Rule = {
    "nobody": 401,
    "deactivated": 401,
    "stranger": 404,
    "admin": SUCCESS,
    "owner": SUCCESS,
}
ADMIN: Rule = {
    "nobody": 401,
    "deactivated": 401,
    "stranger": 403,
    "admin": SUCCESS,
    "owner": 403,
}

ROW = [5.1, 3.5, 1.4, 0.2]
FORM = "form"
"""A placeholder for a form with a model file."""


@dataclass(frozen=True)
class Row:
    """A route: who may call it, its status on success, and a valid call."""

    rule: Rule
    success: int = 200
    body: Any = None
    query: Mapping[str, str] = field(default_factory=dict[str, str])
    values: Mapping[str, str] = field(default_factory=dict[str, str])
    """Path parameters besides the ids of the owner's resources."""
    scope: Scope | None = None
    """The scope that an API key needs; None if no key is accepted."""


MODEL = "/api/v1/models/{model_id}"
AUTH = "/api/v1/auth"
KEYS = "/api/v1/api-keys"
ADMINISTRATION = "/api/v1/admin"
PROJECTION = ADMINISTRATION + "/projections/{name}"
PARKED = ADMINISTRATION + "/parked/{projection}/{position}"
USERS_PROJECTION = {"name": "users"}
NO_PARKED_EVENT = {"projection": "users", "position": "1"}
VERSION_1 = {"number": "1"}

TABLE: Mapping[str, Row] = {
    "GET /": Row(PUBLIC),
    "GET /health": Row(PUBLIC),
    "GET /metrics": Row(PUBLIC),
    "GET /problems/{name}": Row(PUBLIC, values={"name": "not-found"}),
    "GET /openapi.json": Row(PUBLIC),
    "GET /docs": Row(PUBLIC),
    "GET /docs/{name}": Row(PUBLIC, values={"name": "start.js"}),
    f"POST {AUTH}/register": Row(PUBLIC, 422, body={}),
    f"POST {AUTH}/login": Row(PUBLIC, 422, body={}),
    f"POST {AUTH}/refresh": Row(PUBLIC, 422, body={}),
    f"GET {AUTH}/me": Row(ACCOUNT),
    f"PUT {AUTH}/me": Row(ACCOUNT, body={"full_name": "Somebody Else"}),
    f"POST {AUTH}/logout": Row(ACCOUNT, 204),
    f"POST {AUTH}/password": Row(ACCOUNT, 422, body={}),
    f"GET {AUTH}/sessions": Row(ACCOUNT),
    f"DELETE {AUTH}/sessions/{{session_id}}": Row(OWNED, 204),
    f"GET {KEYS}": Row(ACCOUNT),
    f"POST {KEYS}": Row(ACCOUNT, 201, body={"name": "nightly", "scopes": ["read"]}),
    f"DELETE {KEYS}/{{key_id}}": Row(OWNED, 204),
    "GET /api/v1/models": Row(ACCOUNT, scope="read"),
    "POST /api/v1/models/upload": Row(
        ACCOUNT, 201, body=FORM, query={"name": "another"}, scope="write"
    ),
    f"GET {MODEL}": Row(OWNED, scope="read"),
    f"PUT {MODEL}": Row(OWNED, body={"name": "taken over"}, scope="write"),
    f"DELETE {MODEL}": Row(OWNED, 204, scope="write"),
    f"POST {MODEL}/restore": Row(OWNED, scope="write"),
    f"POST {MODEL}/predict": Row(OWNED, body={"input_data": ROW}, scope="predict"),
    f"POST {MODEL}/batch-predict": Row(OWNED, body={"inputs": [ROW]}, scope="predict"),
    f"GET {MODEL}/history": Row(OWNED, scope="read"),
    f"GET {MODEL}/history/export": Row(OWNED, scope="read"),
    f"GET {MODEL}/stats": Row(OWNED, scope="read"),
    f"GET {MODEL}/metrics": Row(OWNED, scope="read"),
    "GET /api/v1/metrics": Row(ACCOUNT, scope="read"),
    "GET /api/v1/fleet": Row(ACCOUNT, scope="read"),
    "POST /api/v1/feed/ticket": Row(ACCOUNT, 201),
    "GET /api/v1/feed": Row(ACCOUNT),
    f"GET {MODEL}/events": Row(AUDITED, scope="read"),
    f"GET {MODEL}/openapi.json": Row(OWNED, scope="read"),
    f"GET {MODEL}/versions": Row(OWNED, scope="read"),
    f"POST {MODEL}/versions": Row(OWNED, 201, body=FORM, scope="write"),
    f"POST {MODEL}/versions/{{number}}/promote": Row(OWNED, values=VERSION_1, scope="write"),
    f"POST {MODEL}/versions/{{number}}/release": Row(OWNED, values=VERSION_1, scope="write"),
    "GET /api/v1/predictions/{prediction_id}": Row(AUDITED, scope="read"),
    "GET /api/v1/activity": Row(ACCOUNT),
    f"GET {ADMINISTRATION}/users": Row(ADMIN),
    f"POST {ADMINISTRATION}/users/{{user_id}}/toggle": Row(ADMIN, query={"active": "true"}),
    f"GET {ADMINISTRATION}/stats": Row(ADMIN),
    f"GET {ADMINISTRATION}/analytics": Row(ADMIN),
    f"GET {ADMINISTRATION}/audit-logs": Row(ADMIN),
    f"GET {ADMINISTRATION}/projections": Row(ADMIN),
    f"POST {PROJECTION}/rebuild": Row(ADMIN, 202, values=USERS_PROJECTION),
    f"POST {PROJECTION}/verify": Row(ADMIN, 202, values=USERS_PROJECTION),
    f"GET {ADMINISTRATION}/parked": Row(ADMIN),
    f"POST {PARKED}/retry": Row(ADMIN, 404, values=NO_PARKED_EVENT),
    f"POST {PARKED}/skip": Row(ADMIN, 404, values=NO_PARKED_EVENT),
}
