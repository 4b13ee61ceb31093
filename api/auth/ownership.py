"""Whose models callers may look into: their own, and administrators the history of all."""

from __future__ import annotations

from uuid import UUID

from api.auth.authenticator import Caller
from api.dependencies import Dependencies
from domain.model import Model


async def own_model(dependencies: Dependencies, caller: Caller, model_id: UUID) -> Model:
    """Load a model of the caller's own; raises `NotFound` for others' and for deleted ones."""
    model = await dependencies.events.load(Model, model_id)
    model.check_changeable(caller.id)
    return model


async def audited_model(dependencies: Dependencies, caller: Caller, model_id: UUID) -> Model:
    """Load a model to look into its past, a deleted one too; raises `NotFound`."""
    model = await dependencies.events.load(Model, model_id)
    if not caller.is_admin:
        model.check_owner(caller.id)
    return model
