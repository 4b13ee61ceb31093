"""Everything that can be set from outside, read once, at the start."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

MIB = 2**20
PLACEHOLDERS = ("your-", "change-", "changeme", "secret-key", "secret_key", "example")
NO_ADDRESS = (
    "this is no address such as scheme://user:password@host:port/name; in a user's name or a "
    "password, write %2F for /, %3A for :, %40 for @, %3F for ?, %23 for #, %5B for [ and %5D for ]"
)
HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^:\[\]]*)(:\d+)?")
Words = Annotated[tuple[str, ...], NoDecode]


class Settings(BaseSettings):
    """Settings, from the environment or an .env file; an empty one counts as not set.

    Nothing has to be set: without DATABASE_URL an embedded PostgreSQL keeps the events in
    DATA_DIR, without REDIS_URL limits are kept in memory, without ARTIFACT_URL model files lie
    in DATA_DIR, and keys that are not given are made once and kept in DATA_DIR/keys.
    """

    model_config = SettingsConfigDict(
        env_file=".env",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
    )

    app_name: str = "ML Deployment Platform"
    debug: bool = False
    environment: Literal["development", "test", "staging", "production"] = "development"
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65_535)
    data_dir: Path = Path(".data")

    database_url: SecretStr | None = None
    database_owner_url: SecretStr | None = None
    """As whom migrations run, where the platform itself connects as a lesser role."""
    database_url_sync: SecretStr | None = None
    """Accepted for the sake of older .env files; nothing here is synchronous."""
    database_pool_size: int = Field(default=8, ge=2, le=100)

    secret_key: SecretStr | None = Field(default=None, min_length=32)
    secret_key_previous: SecretStr | None = Field(default=None, min_length=32)
    password_pepper: SecretStr | None = Field(default=None, min_length=32)
    identity_key: SecretStr | None = Field(default=None, min_length=32)
    sealing_key: SecretStr | None = Field(default=None, min_length=32)
    audit_key: SecretStr | None = Field(default=None, min_length=32)
    algorithm: Literal["HS256"] = "HS256"
    access_token_expire_minutes: int = Field(default=30, ge=1, le=60)
    refresh_token_expire_days: int = Field(default=7, ge=1, le=30)
    password_hash_cost: int = Field(default=12, ge=4, le=16)

    first_admin_username: str | None = None
    first_admin_email: str | None = None
    first_admin_password: SecretStr | None = None
    """With the two before it: made an administrator at the first start, and never again."""

    redis_url: SecretStr | None = None
    rate_limit_per_minute: int = Field(default=60, ge=0)
    rate_limit_user_per_minute: int = Field(default=600, ge=0)
    rate_limit_predict_per_minute: int = Field(default=6_000, ge=0)
    login_wait_s_max: float = Field(default=60.0, ge=0, le=3_600)
    """To how long the wait after failed logins grows; 0 is no wait."""
    trusted_proxies: Words = ()
    cors_origins: Words = ("http://localhost:5173", "http://localhost:3000")
    metrics_token: SecretStr | None = None

    upload_dir: Path | None = None
    """Where model files lie on this machine; DATA_DIR/artifacts where it is not set."""
    artifact_url: str | None = None
    """``s3://bucket/prefix`` keeps model files in an object store instead."""
    s3_endpoint: str | None = None
    s3_region: str | None = None
    s3_access_key_id: SecretStr | None = None
    s3_secret_access_key: SecretStr | None = None
    max_upload_size: int = Field(default=100 * MIB, ge=1)

    inference_deadline_s: float = Field(default=30.0, gt=0)
    inference_children_max: int = Field(default=32, ge=1, le=1_000)
    inference_memory_bytes_max: int = Field(default=2 * 1024 * MIB, ge=256 * MIB)
    model_memory_budget: int = Field(default=4 * 1024 * MIB, ge=64 * MIB)
    """Bytes that the model processes have apart from what they share, all together."""
    allow_unsandboxed_models: bool = False
    """Opens models even where the sandbox could not hold a hostile one; in development only."""
    trusted_model_modules: Words = ()
    """Whose classes and functions a model file may name beyond the usual; ``*`` is any module."""

    log_format: Literal["json", "console"] = Field(
        default_factory=lambda: "console" if sys.stderr.isatty() else "json"
    )
    """For people at a terminal, for machines everywhere else."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @field_validator("cors_origins", "trusted_model_modules", "trusted_proxies", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(word.strip() for word in value.split(",") if word.strip())
        return value

    @model_validator(mode="after")
    def _check_sandbox(self) -> Self:
        """Refuse to run what strangers upload without a fence around it."""
        if self.allow_unsandboxed_models and self.environment != "development":
            raise ValueError(
                "ALLOW_UNSANDBOXED_MODELS: it is for development, "
                f"and cannot be set where ENVIRONMENT={self.environment}"
            )
        return self

    @model_validator(mode="after")
    def _check_first_admin(self) -> Self:
        """Refuse half an account."""
        given = (self.first_admin_username, self.first_admin_email, self.first_admin_password)
        if any(given) and not all(given):
            raise ValueError(
                "FIRST_ADMIN_USERNAME, FIRST_ADMIN_EMAIL and FIRST_ADMIN_PASSWORD:"
                " set all of them or none"
            )
        return self

    @field_validator("database_url", "database_owner_url", "redis_url")
    @classmethod
    def _check_url(cls, value: SecretStr | None) -> SecretStr | None:
        """Refuse what would be read as another address, of which an error may show a part."""
        if value is not None and not _is_one_address(value.get_secret_value()):
            raise ValueError(NO_ADDRESS)
        return value

    @model_validator(mode="after")
    def _check_secret_key(self) -> Self:
        """Refuse to serve others with a key that nobody chose, or that is in a manual."""
        if self.environment == "development":
            return self
        if self.secret_key is None:
            raise ValueError(f"SECRET_KEY: it has to be set where ENVIRONMENT={self.environment}")
        for name, key in self._signing_keys().items():
            if any(word in key.lower() for word in PLACEHOLDERS):
                raise ValueError(f"{name}: this is an example, not a secret")
        return self

    def _signing_keys(self) -> dict[str, str]:
        given = {"SECRET_KEY": self.secret_key, "SECRET_KEY_PREVIOUS": self.secret_key_previous}
        return {name: key.get_secret_value() for name, key in given.items() if key is not None}


def _is_one_address(url: str) -> bool:
    """Whether every reader finds the same hosts in a URL, however it splits it."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    hosts = parts.netloc.rpartition("@")[2].split(",")
    rest = parts.path + parts.query + parts.fragment
    are_apart = parts.netloc.count("@") <= 1 and "@" not in rest
    return bool(parts.scheme) and are_apart and all(map(HOST.fullmatch, hosts))
