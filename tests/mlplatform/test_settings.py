"""Settings: their names, where they come from, and what is refused."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import quote

import pytest
from pydantic import ValidationError

import mlplatform
from mlplatform.errors import explained
from mlplatform.settings import Settings

SECRET = "7c1f0b7be5a94c55b4fe6d8ce1b1f1a0"


@pytest.fixture(autouse=True)
def _empty_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.chdir(tmp_path)


def test_all_settings_are_optional() -> None:
    settings = Settings()

    assert settings.database_url is None
    assert (settings.host, settings.port) == ("127.0.0.1", 8000)
    assert settings.rate_limit_per_minute == 60


def test_the_environment_overrides_the_file(
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


def test_an_empty_setting_counts_as_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "")
    monkeypatch.setenv("SECRET_KEY", "")

    assert Settings().database_url is None
    assert Settings().secret_key is None


@pytest.mark.parametrize("environment", ["test", "staging", "production"])
@pytest.mark.parametrize(
    ("key", "reason"),
    [
        ("", "SECRET_KEY: it has to be set with ENVIRONMENT="),
        ("short", "SECRET_KEY: Value should have at least 32 items"),
        ("your-super-secret-key-change-in-production-min-32-chars-long", "SECRET_KEY: this is an"),
    ],
)
def test_outside_development_a_secret_key_is_required(
    monkeypatch: pytest.MonkeyPatch, environment: str, key: str, reason: str
) -> None:
    monkeypatch.setenv("ENVIRONMENT", environment)
    monkeypatch.setenv("SECRET_KEY", key)

    with pytest.raises(ValidationError) as refused:
        Settings()

    assert explained(refused.value).startswith(reason)
    monkeypatch.setenv("SECRET_KEY", SECRET)
    assert Settings().environment == environment


def test_an_error_names_every_invalid_setting_without_its_value(
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
def test_an_ambiguous_url_is_refused_without_showing_the_password(
    monkeypatch: pytest.MonkeyPatch, name: str, mark: str
) -> None:
    monkeypatch.setenv(name, f"postgresql://ada:hush{mark}hush@host:5432/events")

    with pytest.raises(ValidationError) as refused:
        Settings()

    assert explained(refused.value).startswith(f"{name}: this is not a URL such as")
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
def test_parts_of_a_url_are_optional(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("DATABASE_URL", url)
    assert Settings().database_url


def test_no_secret_is_in_the_repr(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", SECRET)
    monkeypatch.setenv("DATABASE_URL", "postgresql://a:hush@b/c")

    assert SECRET not in repr(Settings())
    assert "hush" not in repr(Settings())


@pytest.mark.parametrize("environment", ["test", "staging", "production"])
def test_only_development_allows_models_without_a_sandbox(
    monkeypatch: pytest.MonkeyPatch, environment: str
) -> None:
    monkeypatch.setenv("ALLOW_UNSANDBOXED_MODELS", "true")
    monkeypatch.setenv("SECRET_KEY", SECRET)
    assert Settings().allow_unsandboxed_models

    monkeypatch.setenv("ENVIRONMENT", environment)
    with pytest.raises(ValidationError, match="ALLOW_UNSANDBOXED_MODELS: it is for development"):
        Settings()


@pytest.mark.parametrize("algorithm", ["RS256", "none", "hs256"])
def test_other_algorithms_are_refused(monkeypatch: pytest.MonkeyPatch, algorithm: str) -> None:
    monkeypatch.setenv("ALGORITHM", algorithm)

    with pytest.raises(ValidationError) as refused:
        Settings()

    assert explained(refused.value).startswith("ALGORITHM: ")


@pytest.mark.parametrize(("algorithm", "length_min"), [("HS256", 32), ("HS384", 48), ("HS512", 64)])
def test_a_secret_key_is_as_long_as_the_hash_of_the_algorithm(
    monkeypatch: pytest.MonkeyPatch, algorithm: str, length_min: int
) -> None:
    monkeypatch.setenv("ALGORITHM", algorithm)
    monkeypatch.setenv("SECRET_KEY", "k" * length_min)
    assert Settings().algorithm == algorithm

    monkeypatch.setenv("SECRET_KEY_PREVIOUS", "k" * (length_min - 1))
    with pytest.raises(ValidationError) as refused:
        Settings()
    assert explained(refused.value).startswith("SECRET_KEY_PREVIOUS: ")


def test_debug_overrides_the_log_level(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOG_LEVEL", "error")
    assert Settings().effective_log_level == "error"

    monkeypatch.setenv("DEBUG", "true")
    assert Settings().effective_log_level == "debug"


def test_a_removed_setting_is_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUDIT_KEY", "short")
    monkeypatch.setenv("DATABASE_URL_SYNC", "postgresql://localhost/mlplatform")
    assert Settings()


def test_every_setting_is_read_by_the_platform() -> None:
    """Only mlplatform reads settings."""
    folder = Path(mlplatform.__file__).parent
    source = "\n".join(path.read_text() for path in folder.rglob("*.py"))
    read = set(re.findall(r"\b(?:settings|self)\.([a-z0-9_]+)", source))

    assert set(Settings.model_fields) <= read
