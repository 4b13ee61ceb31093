"""The API as in production, with a real store and real model processes, for all tests here.

The platform is opened once, which takes seconds; each test has its own users.
"""

from __future__ import annotations

import inspect
from collections.abc import AsyncGenerator
from pathlib import Path
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from aiohttp import web

from api.app import create_app
from api.auth.tokens import AccessTokens
from api.dependencies import Dependencies
from commands.users import GrantAdmin
from domain.events import OPERATOR
from mlplatform.server.database import Database
from mlplatform.settings import Settings
from mlplatform.wiring import open_dependencies
from storage.embedded.server import EmbeddedPostgres
from storage.postgres.pool import connect
from tests.api.api_client import Client, Person, saved, served, signed_in
from tests.api.cookie_client import CookieClient, sign_in_as_page
from tests.conftest import TEMPLATE
from tests.inference import sample_models

UPLOAD_BYTES_MAX = 2_000_000


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the tests of this folder on the loop that the platform is opened on."""
    here = Path(__file__).parent
    for item in items:
        is_async = inspect.iscoroutinefunction(getattr(item, "function", None))
        if is_async and here in item.path.parents:
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def database(postgres: EmbeddedPostgres) -> AsyncGenerator[Database]:
    """A migrated database for all tests here."""
    name = f"test_{uuid4().hex}"
    connection = await connect(postgres.dsn("postgres"))
    await connection.execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
    yield Database(postgres.dsn(name, postgres.platform), postgres.dsn(name))
    await connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await connection.close()


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings of a platform without limits."""
    return Settings(
        data_dir=tmp_path_factory.mktemp("data"),
        password_hash_cost=4,
        max_upload_size=UPLOAD_BYTES_MAX,
        rate_limit_per_minute=0,
        rate_limit_user_per_minute=0,
        rate_limit_predict_per_minute=0,
        login_wait_s_max=0,
        inference_deadline_s=2.0,
        cors_origins=("https://page.example",),
        trusted_model_modules=("tests.inference.faulty_estimators",),
    )


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def dependencies(settings: Settings, database: Database) -> AsyncGenerator[Dependencies]:
    """The dependencies of the API."""
    async with open_dependencies(settings, database) as dependencies:
        await dependencies.probes["inference"]()
        yield dependencies


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def client(dependencies: Dependencies) -> AsyncGenerator[Client]:
    """A client that is not signed in."""
    app: web.Application = create_app(dependencies)
    async with served(app) as client:
        yield client


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def cookieless_client(dependencies: Dependencies) -> AsyncGenerator[Client]:
    """A client that only sends the cookies that a test passes."""
    async with served(create_app(dependencies), keeps_cookies=False) as client:
        yield client


@pytest_asyncio.fixture(loop_scope="session")
async def page(cookieless_client: Client) -> CookieClient:
    """A client that has just signed in like the page."""
    return await sign_in_as_page(cookieless_client)


@pytest_asyncio.fixture(loop_scope="session")
async def alice(client: Client) -> Person:
    """A signed-in user."""
    return await signed_in(client)


@pytest_asyncio.fixture(loop_scope="session")
async def bob(client: Client) -> Person:
    """Another signed-in user."""
    return await signed_in(client)


@pytest.fixture(scope="session")
def iris() -> bytes:
    """The file of a logistic regression on the iris data."""
    return saved(sample_models.SampleModels()["logistic"].estimator)


@pytest.fixture(scope="session")
def iris_forest() -> bytes:
    """The file of a forest on the same data."""
    return saved(sample_models.SampleModels()["tree"].estimator)


@pytest.fixture(scope="session")
def platform_tokens(dependencies: Dependencies) -> AccessTokens:
    """The issuer of the platform's own access tokens."""
    return dependencies.tokens


@pytest_asyncio.fixture(loop_scope="session")
async def admin(client: Client, dependencies: Dependencies) -> Person:
    """A user who may administer the platform."""
    person = await signed_in(client)
    await dependencies.users.grant_admin(GrantAdmin(by=OPERATOR, user_id=UUID(person.user["id"])))
    return person
