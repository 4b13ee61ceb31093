"""Settings: their names, where they come from, and what is refused."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import pytest
from pydantic import ValidationError

from mlplatform.cli.failures import explained
from mlplatform.settings import Settings

SECRET = "7c1f0b7be5a94c55b4fe6d8ce1b1f1a0"


@pytest.fixture(autouse=True)
def _empty_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.chdir(tmp_path)


def test_nothing_has_to_be_set() -> None:
    settings = Settings()

    assert settings.database_url is None
    assert (settings.host, settings.port) == ("127.0.0.1", 8000)
    assert settings.rate_limit_per_minute == 60


def test_the_environment_goes_before_the_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text("PORT=1111\nAPP_NAME=from the file\nPOSTGRES_PASSWORD=x\n")
    monkeypatch.setenv("PORT", "2222")

    settings = Settings()

    assert (settings.port, settings.app_name) == (2222, "from the file")


def test_lists_are_separated_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CORS_ORIGINS", "https://a.example, https://b.example,")
    monkeypatch.setenv("TRUSTED_PROXIES", "10.0.0.1")

    settings = Settings()

    assert settings.cors_origins == ("https://a.example", "https://b.example")
    assert settings.trusted_proxies == ("10.0.0.1",)


def test_what_is_set_to_nothing_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "")
    monkeypatch.setenv("SECRET_KEY", "")

    assert Settings().database_url is None
    assert Settings().secret_key is None


@pytest.mark.parametrize("environment", ["test", "staging", "production"])
@pytest.mark.parametrize(
    ("key", "reason"),
    [
        ("", "SECRET_KEY: it has to be set where ENVIRONMENT="),
        ("short", "SECRET_KEY: Value should have at least 32 items"),
        ("your-super-secret-key-change-in-production-min-32-chars-long", "SECRET_KEY: this is an"),
    ],
)
def test_outside_development_a_secret_key_is_demanded(
    monkeypatch: pytest.MonkeyPatch, environment: str, key: str, reason: str
) -> None:
    monkeypatch.setenv("ENVIRONMENT", environment)
    monkeypatch.setenv("SECRET_KEY", key)

    with pytest.raises(ValidationError) as refused:
        Settings()

    assert explained(refused.value).startswith(reason)
    monkeypatch.setenv("SECRET_KEY", SECRET)
    assert Settings().environment == environment


def test_a_refusal_names_every_setting_and_repeats_no_value(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PORT", "many")
    monkeypatch.setenv("SEALING_KEY", "hush")

    with pytest.raises(ValidationError) as refused:
        Settings()

    line = explained(refused.value)
    assert "PORT: " in line
    assert "SEALING_KEY: " in line
    assert "\n" not in line
    assert "hush" not in line


@pytest.mark.parametrize("name", ["DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL"])
@pytest.mark.parametrize("mark", ["/", "@", "?", "#", "[", "]", "12/", "12?", "12#", "a@b/"])
def test_a_password_that_would_be_read_as_an_address_is_refused_and_not_repeated(
    monkeypatch: pytest.MonkeyPatch, name: str, mark: str
) -> None:
    monkeypatch.setenv(name, f"postgresql://ada:hush{mark}hush@host:5432/events")

    with pytest.raises(ValidationError) as refused:
        Settings()

    assert explained(refused.value).startswith(f"{name}: this is no address such as")
    assert "hush" not in str(refused.value)
    monkeypatch.setenv(name, f"postgresql://ada:hush{quote(mark, safe='')}hush@host:5432/events")
    assert Settings()


@pytest.mark.parametrize(
    "url",
    [
        "postgresql:///events",
        "postgresql://ada:x@/e?host=/run",
        "postgresql://ada:x@[::1]:5432,db-2:5433/events",
        "redis://h",
    ],
)
def test_an_address_need_not_name_all_there_is(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("DATABASE_URL", url)
    assert Settings().database_url


def test_no_secret_shows_in_what_is_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", SECRET)
    monkeypatch.setenv("DATABASE_URL", "postgresql://a:hush@b/c")

    assert SECRET not in repr(Settings())
    assert "hush" not in repr(Settings())


@pytest.mark.parametrize("environment", ["test", "staging", "production"])
def test_only_in_development_models_may_run_without_a_fence(
    monkeypatch: pytest.MonkeyPatch, environment: str
) -> None:
    monkeypatch.setenv("ALLOW_UNSANDBOXED_MODELS", "true")
    monkeypatch.setenv("SECRET_KEY", SECRET)
    assert Settings().allow_unsandboxed_models

    monkeypatch.setenv("ENVIRONMENT", environment)
    with pytest.raises(ValidationError, match="ALLOW_UNSANDBOXED_MODELS: it is for development"):
        Settings()
