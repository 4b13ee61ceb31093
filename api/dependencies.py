"""The dependencies of the endpoints, made by `mlplatform.wiring`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from api.auth.tokens import AccessTokens, FeedTickets
from api.endpoints.endpoint import BaseDependencies
from api.http.access_log import AccessLog, log_with_structlog
from api.http.background import Background
from api.http.client_address import ClientAddresses
from api.http.metrics import Metrics
from api.http.rate_limit import RateLimiter
from api.http.streaming import ExportLimit
from commands.api_keys import ApiKeyCommands
from commands.models import ModelCommands
from commands.predictions import PredictionCommands
from commands.sessions import SessionCommands
from commands.users import UserCommands
from storage.artifacts import ArtifactStore
from storage.event_store.event_store import EventStore
from storage.postgres.pool import Pool

MIB = 2**20

Probe = Callable[[], Awaitable[Any]]
"""Returns the state of a component as a JSON value; raises if the component does not work."""


@dataclass(frozen=True, kw_only=True)
class Dependencies(BaseDependencies):
    """Everything that endpoints use."""

    events: EventStore
    pool: Pool
    dsn: str = field(repr=False)
    """For work that needs a connection of its own."""
    artifacts: ArtifactStore

    users: UserCommands
    sessions: SessionCommands
    api_keys: ApiKeyCommands
    models: ModelCommands
    predictions: PredictionCommands

    tokens: AccessTokens
    tickets: FeedTickets
    limiter: RateLimiter
    addresses: ClientAddresses = field(default_factory=ClientAddresses)
    metrics: Metrics = field(default_factory=Metrics)
    access_log: AccessLog = log_with_structlog
    export_limit: ExportLimit = field(default_factory=ExportLimit)
    background: Background = field(default_factory=Background)
    probes: Mapping[str, Probe] = field(default_factory=dict[str, Probe])
    """Run by /health, by the name of the component in its response."""

    app_name: str = "ML Deployment Platform"
    version: str = "0.0.0"
    upload_bytes_max: int = 100 * MIB
    metrics_token: str | None = field(default=None, repr=False)
    """A client with it may read /metrics; if None, only clients on this machine may."""
    cors_origins: tuple[str, ...] = ()
