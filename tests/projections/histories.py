"""Sample histories for projections to fold."""

from __future__ import annotations

import random
from uuid import uuid4

from domain.aggregate import new_id
from domain.events import Metadata
from domain.personal import Personal
from domain.prediction import Prediction
from domain.user import User
from storage.event_store.event_store import EventStore
from tests.samples import ALICE, artifact, failed, issued, opened, served, uploaded

BY_ALICE = Metadata(actor_id=ALICE, request_id="r-1", causation="Test")
MODELS = [new_id() for _ in range(5)]


def predictions(count: int, chance: random.Random) -> list[Prediction.Served | Prediction.Failed]:
    """Predictions of a few models, some of them failed."""
    return [
        make(
            chance.choice(MODELS),
            number=chance.choice((1, 2)),
            rows=chance.randrange(1, 9),
            inference_us=chance.randrange(30, 90_000),
        )
        for make in chance.choices((served, failed), weights=(9, 1), k=count)
    ]


async def registered(events: EventStore, name: str) -> User:
    """A user whose account is recorded."""
    user = User(Personal(name), Personal(f"{name}@example.org"), Personal("A. Name"), uuid4())
    await events.make_user_key(user.id)
    [recorded] = await events.save([user], BY_ALICE)
    return recorded


async def record_sample(events: EventStore, number: int) -> None:
    """Record a user, a session, API keys and a model, each with a few changes."""
    user = await registered(events, f"user{number}")
    session = opened(user.id, user.credential_id)
    model = uploaded(by=user.id, name=f"model{number}")
    [session] = await events.save([session], BY_ALICE)
    key, kept = await events.save([issued(by=user.id), issued(by=user.id)], BY_ALICE)
    [model] = await events.save([model], Metadata(actor_id=user.id, access_id=kept.id))
    user.grant_admin()
    model.add_version(artifact(f"{number}"), by=user.id)
    model.promote(2, by=user.id)
    model.describe_schema(1, {"type": "array"}, None, by=user.id)
    model.quarantine(1, "it crashed")
    model.quarantine(2, "it crashed")
    model.release(2, by=user.id)
    session.close("logout")
    key.revoke(by=user.id)
    by_key = Metadata(actor_id=user.id, access_id=key.id)
    await events.save([user, session, key, model], by_key)


async def mixed(events: EventStore, count: int, seed: int = 1) -> int:
    """Record predictions with other events among them; returns the position of the last."""
    chance = random.Random(seed)
    for number in range(4):
        await events.append(predictions(count // 4, chance), BY_ALICE)
        await record_sample(events, seed * 100 + number)
    return await events.recorder.max_notification_id() or 0
