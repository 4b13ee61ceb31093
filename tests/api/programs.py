"""Programs that call with API keys, as tests play them."""

from __future__ import annotations

from typing import Any

from domain.api_key import SCOPES
from tests.api.people import API, Client, Person


async def made(person: Person, *scopes: str, **terms: Any) -> dict[str, Any]:
    """Make a key, as a rule for everything that keys are good for."""
    body = {"name": "nightly", "scopes": scopes or SCOPES, **terms}
    answer = await person.post("/api-keys", json=body)
    assert answer.status == 201, await answer.text()
    return await answer.json()


def by(key: dict[str, Any]) -> dict[str, str]:
    """What shows that a program has a key."""
    return {"X-API-Key": key["key"]}


async def asked(client: Client, headers: Any) -> Any:
    """Ask for something that every key with the scope to read may see."""
    return await client.get(f"{API}/models", headers=headers)
