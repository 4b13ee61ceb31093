"""Creates all dependencies and connects them; the only such place."""

from __future__ import annotations

import hmac
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from datetime import timedelta
from importlib.metadata import version
from typing import Any

from api.auth.tokens import AccessTokens, FeedTickets
from api.dependencies import Dependencies
from api.http.access_log import AccessLog, json_lines, log_with_structlog
from api.http.client_address import ClientAddresses
from api.http.metrics import Metrics
from api.http.rate_limit import Quota, RateLimiter
from commands.api_keys import ApiKeyCommands
from commands.models import ModelCommands
from commands.predictions import PredictionCommands
from commands.sessions import RefreshTokens, SessionCommands
from domain.errors import Unavailable
from inference.pool.limits import PoolLimits
from inference.pool.pool import WorkerPool
from mlplatform.server.database import Database, warn_of_ownership
from mlplatform.server.keys import Keys
from mlplatform.server.store import Store, open_store
from mlplatform.server.sweeps import sweeping
from mlplatform.settings import Settings
from projections.engine.freshness import Freshness
from projections.engine.runner import Runner
from projections.registry import PROJECTIONS
from storage.artifacts import ArtifactStore, S3Access
from storage.event_store.cross_stream import IssuedKeys
from storage.redis.client import RedisClient

LOAD_DEADLINE_S = 60.0
QUEUE_ROWS_MAX = 20_000


@asynccontextmanager
async def open_dependencies(settings: Settings, database: Database) -> AsyncGenerator[Dependencies]:
    """Open everything that the API needs."""
    artifacts = open_artifacts(settings)
    async with (
        # First: the zygote is forked before this process has any secrets.
        open_engine(settings, artifacts) as engine,
        open_dependencies_with_engine(settings, database, artifacts, engine) as dependencies,
    ):
        yield dependencies


def open_engine(
    settings: Settings, artifacts: ArtifactStore
) -> AbstractAsyncContextManager[WorkerPool]:
    """Start the processes that run models, without waiting until they are ready."""
    limits = PoolLimits(
        deadline_s=settings.inference_deadline_s,
        load_deadline_s=LOAD_DEADLINE_S,
        queue_rows_max=QUEUE_ROWS_MAX,
        processes_max=settings.inference_children_max,
        memory_bytes_max=settings.inference_memory_bytes_max,
        memory_budget_bytes=settings.model_memory_budget,
        allow_unsandboxed=settings.allow_unsandboxed_models,
        trusted_modules=settings.trusted_model_modules,
    )
    return WorkerPool.open(artifacts.open_file, limits)


@asynccontextmanager
async def open_dependencies_with_engine(
    settings: Settings, database: Database, artifacts: ArtifactStore, engine: WorkerPool
) -> AsyncGenerator[Dependencies]:
    """Open everything that the API needs, except the engine."""
    async with (
        open_store(settings, database) as store,
        Runner.open(database.dsn, store.events, PROJECTIONS) as runner,
        sweeping(store, artifacts),
    ):
        await warn_of_ownership(store.pool)
        yield Dependencies(
            events=store.events,
            pool=store.pool,
            dsn=database.dsn,
            artifacts=artifacts,
            freshness=Freshness(store.pool, PROJECTIONS, runner),
            users=store.users,
            sessions=_sessions(settings, store),
            api_keys=ApiKeyCommands(store.events, IssuedKeys(store.pool)),
            models=ModelCommands(store.events, engine),
            predictions=PredictionCommands(store.events, engine),
            tokens=AccessTokens(
                _token_keys(store.keys),
                lifetime_s=settings.access_token_expire_minutes * 60,
                algorithm=settings.algorithm,
            ),
            tickets=FeedTickets(_token_keys(store.keys), algorithm=settings.algorithm),
            limiter=_limiter(settings, store.redis),
            addresses=ClientAddresses(settings.trusted_proxies),
            metrics=Metrics(engine.statistics),
            probes=_probes(store, engine),
            app_name=settings.app_name,
            version=version("mlplatform"),
            upload_bytes_max=settings.max_upload_size,
            metrics_token=_revealed(settings.metrics_token),
            cors_origins=settings.cors_origins,
            access_log=_access_log(settings),
        )


def open_artifacts(settings: Settings) -> ArtifactStore:
    """Open the store of model files: an object store or a folder."""
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


def _limiter(settings: Settings, redis: RedisClient | None) -> RateLimiter:
    quotas: dict[Quota, int] = {
        "anonymous": settings.rate_limit_per_minute,
        "account": settings.rate_limit_user_per_minute,
        "predictions": settings.rate_limit_predict_per_minute,
    }
    return RateLimiter(quotas, redis)


def _sessions(settings: Settings, store: Store) -> SessionCommands:
    return SessionCommands(
        store.events,
        store.passwords,
        store.names,
        RefreshTokens(
            timedelta(days=settings.refresh_token_expire_days),
            hmac.digest(store.keys.secret_key.encode(), b"refresh tokens", "sha256"),
        ),
    )


def _token_keys(keys: Keys) -> list[str]:
    """Give the keys of tokens, the signing key first."""
    return [keys.secret_key, *filter(None, [keys.secret_key_previous])]


def _probes(store: Store, engine: WorkerPool) -> Mapping[str, Callable[[], Awaitable[Any]]]:
    async def database() -> str:
        await store.pool.fetchval("SELECT 1")
        return "up"

    async def inference() -> str:
        await engine.ready()
        return "up"

    async def sandbox() -> dict[str, Any]:
        """Report the sandbox even if it is insufficient, so that no model can be loaded."""
        with suppress(Unavailable):
            await engine.ready()
        if (sandbox_report := engine.sandbox_report) is None:
            raise Unavailable("the sandbox has not been tried yet")
        return {"level": sandbox_report.level, "missing": list(sandbox_report.missing)}

    return {"database": database, "inference": inference, "sandbox": sandbox}


def _access_log(settings: Settings) -> AccessLog:
    """Use the fast encoder if its lines equal those of the other logs."""
    if settings.log_format == "json" and settings.effective_log_level in ("debug", "info"):
        return json_lines(sys.stderr.buffer)
    return log_with_structlog


def _revealed(secret: Any) -> str | None:
    return None if secret is None else secret.get_secret_value()
