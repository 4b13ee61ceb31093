"""The one place where parts are made and given to each other."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from importlib.metadata import version
from typing import Any

from api.client_address import ClientAddresses
from api.metrics import Metrics
from api.parts import Parts
from api.rate_limit import RateLimiter
from api.tokens import AccessTokens
from commands.models import ModelCommands
from commands.passwords import Passwords
from commands.predictions import PredictionCommands
from commands.sessions import SessionCommands
from commands.users import UserCommands
from inference.pool import WorkerPool
from mlplatform.database import Database
from mlplatform.keys import Keys, load_keys
from mlplatform.settings import Settings
from projections.freshness import Freshness
from projections.runner import Runner
from storage.artifacts import ArtifactStore, S3Access
from storage.credentials import Credentials
from storage.event_store import EventStore
from storage.fingerprints import check_fingerprints
from storage.postgres import Pool, open_pool

LOAD_DEADLINE_S = 60.0
QUEUE_ROWS_MAX = 20_000


@dataclass(frozen=True, kw_only=True)
class Store:
    """The event store with what stands beside it: enough for commands on accounts."""

    pool: Pool
    events: EventStore
    credentials: Credentials
    passwords: Passwords
    users: UserCommands


@asynccontextmanager
async def open_store(settings: Settings, database: Database) -> AsyncGenerator[Store]:
    """Open the event store of a database with the keys that it was filled under."""
    keys = load_keys(settings)
    async with (
        open_pool(database.dsn, max_size=settings.database_pool_size) as pool,
        EventStore.open(database.dsn, pool, sealing_key=keys.sealing_key) as events,
        Passwords.open(keys.password_pepper, cost=settings.password_hash_cost) as passwords,
    ):
        await check_fingerprints(pool, _fixed_keys(keys))
        credentials = Credentials(pool)
        users = UserCommands(events, credentials, passwords, identity_key=keys.identity_key)
        yield Store(
            pool=pool, events=events, credentials=credentials, passwords=passwords, users=users
        )


@asynccontextmanager
async def open_parts(settings: Settings, database: Database) -> AsyncGenerator[Parts]:
    """Open everything that the API works with; closed in reverse when left."""
    artifacts = open_artifacts(settings)
    async with (
        # The zygote comes first: it forks before this process holds anything worth having.
        WorkerPool.open(
            artifacts.open_file,
            deadline_s=settings.inference_deadline_s,
            load_deadline_s=LOAD_DEADLINE_S,
            queue_rows_max=QUEUE_ROWS_MAX,
            children_max=settings.inference_children_max,
            memory_bytes_max=settings.inference_memory_bytes_max,
        ) as engine,
        open_store(settings, database) as store,
        Runner.open(database.dsn, store.events) as runner,
        _open_limiter(settings) as limiter,
    ):
        yield Parts(
            events=store.events,
            pool=store.pool,
            dsn=database.dsn,
            artifacts=artifacts,
            freshness=Freshness(store.pool, runner),
            users=store.users,
            sessions=SessionCommands(
                store.events,
                store.users,
                store.credentials,
                store.passwords,
                refresh_lifetime=timedelta(days=settings.refresh_token_expire_days),
            ),
            models=ModelCommands(store.events, artifacts, engine),
            predictions=PredictionCommands(store.events, engine),
            tokens=_tokens(settings),
            limiter=limiter,
            addresses=ClientAddresses(settings.trusted_proxies),
            metrics=Metrics(),
            probes=_probes(store, engine, limiter),
            app_name=settings.app_name,
            version=version("mlplatform"),
            upload_bytes_max=settings.max_upload_size,
            metrics_token=_revealed(settings.metrics_token),
            cors_origins=settings.cors_origins,
        )


def open_artifacts(settings: Settings) -> ArtifactStore:
    """Say where model files lie: an object store, or a folder."""
    folder = settings.upload_dir or settings.data_dir / "artifacts"
    return ArtifactStore.at(
        settings.artifact_url or str(folder.absolute()),
        cache_dir=settings.data_dir.absolute() / "artifact-cache",
        s3=S3Access(
            endpoint=settings.s3_endpoint,
            region=settings.s3_region or S3Access.region,
            access_key_id=_revealed(settings.s3_access_key_id),
            secret_access_key=_revealed(settings.s3_secret_access_key),
        ),
    )


@asynccontextmanager
async def _open_limiter(settings: Settings) -> AsyncGenerator[RateLimiter]:
    limiter = RateLimiter(
        {
            "anonymous": settings.rate_limit_per_minute,
            "account": settings.rate_limit_user_per_minute,
            "predictions": settings.rate_limit_predict_per_minute,
        },
        _revealed(settings.redis_url),
    )
    try:
        yield limiter
    finally:
        await limiter.close()


def _tokens(settings: Settings) -> AccessTokens:
    keys = load_keys(settings)
    ring = [keys.secret_key, *filter(None, [keys.secret_key_previous])]
    return AccessTokens(ring, lifetime_s=settings.access_token_expire_minutes * 60)


def _probes(
    store: Store, engine: WorkerPool, limiter: RateLimiter
) -> Mapping[str, Callable[[], Awaitable[Any]]]:
    async def database() -> str:
        await store.pool.fetchval("SELECT 1")
        return "up"

    async def inference() -> str:
        await engine.ready()
        return "up"

    async def rate_limits() -> str:
        return limiter.state

    return {"database": database, "inference": inference, "rate_limits": rate_limits}


def _fixed_keys(keys: Keys) -> dict[str, bytes]:
    return {
        "IDENTITY_KEY": keys.identity_key,
        "SEALING_KEY": keys.sealing_key,
        "AUDIT_KEY": keys.audit_key,
    }


def _revealed(secret: Any) -> str | None:
    return None if secret is None else secret.get_secret_value()
