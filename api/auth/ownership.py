"""Access to models: owners see their own, administrators the history of all."""

from __future__ import annotations

from uuid import UUID

from api.http.request_context import Caller
from domain.model import Model
from storage.event_store.event_store import EventStore


async def own_model(events: EventStore, caller: Caller, model_id: UUID) -> Model:
    """Load a model of the caller's; raises `NotFound` for others' models and deleted ones."""
    model = await events.load(Model, model_id)
    model.check_changeable(caller.id)
    return model


async def audited_model(events: EventStore, caller: Caller, model_id: UUID) -> Model:
    """Load a model to read its history, even a deleted one; raises `NotFound`."""
    model = await events.load(Model, model_id)
    if not caller.is_admin:
        model.check_owner(caller.id)
    return model
