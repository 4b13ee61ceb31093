"""All settings, read once at the start."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

MIB = 2**20
HMAC_KEY_LENGTH_MIN = {"HS256": 32, "HS384": 48, "HS512": 64}
"""RFC 7518: a key is at least as long as the hash, in bytes."""
PLACEHOLDERS = ("your-", "change-", "changeme", "secret-key", "secret_key", "example")
NOT_A_URL = (
    "this is not a URL such as scheme://user:password@host:port/name; in a user name or a "
    "password, write %2F for /, %3A for :, %40 for @, %3F for ?, %23 for #, %5B for [ and %5D for ]"
)
HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^:\[\]]*)(:\d+)?")
Words = Annotated[tuple[str, ...], NoDecode]


class Settings(BaseSettings):
    """Settings from the environment or a .env file; an empty value counts as unset.

    All settings are optional. Without DATABASE_URL, an embedded PostgreSQL stores the events in
    DATA_DIR. Without REDIS_URL, limits are counted in memory. Without ARTIFACT_URL, model files are
    in DATA_DIR. Keys that are not set are generated once and kept in DATA_DIR/keys.
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
    """Sets the log level to debug."""
    environment: Literal["development", "test", "staging", "production"] = "development"
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65_535)
    data_dir: Path = Path(".data")

    database_url: SecretStr | None = None
    database_owner_url: SecretStr | None = None
    """The URL for migrations, if the platform itself connects as a role with fewer rights."""
    database_pool_size: int = Field(default=8, ge=2, le=100)

    secret_key: SecretStr | None = Field(default=None, min_length=32)
    secret_key_previous: SecretStr | None = Field(default=None, min_length=32)
    password_pepper: SecretStr | None = Field(default=None, min_length=32)
    identity_key: SecretStr | None = Field(default=None, min_length=32)
    sealing_key: SecretStr | None = Field(default=None, min_length=32)
    algorithm: Literal["HS256", "HS384", "HS512"] = "HS256"
    """Signs access tokens and tickets of the live feed."""
    access_token_expire_minutes: int = Field(default=30, ge=1, le=60)
    refresh_token_expire_days: int = Field(default=7, ge=1, le=30)
    password_hash_cost: int = Field(default=12, ge=4, le=16)

    first_admin_username: str | None = None
    first_admin_email: str | None = None
    first_admin_password: SecretStr | None = None
    """With the two before it: creates an administrator at the first start only."""

    redis_url: SecretStr | None = None
    rate_limit_per_minute: int = Field(default=60, ge=0)
    rate_limit_user_per_minute: int = Field(default=600, ge=0)
    rate_limit_predict_per_minute: int = Field(default=6_000, ge=0)
    login_wait_s_max: float = Field(default=60.0, ge=0, le=3_600)
    """The longest wait after failed logins; 0 disables waits."""
    trusted_proxies: Words = ()
    cors_origins: Words = ("http://localhost:5173", "http://localhost:3000")
    metrics_token: SecretStr | None = None

    upload_dir: Path | None = None
    """The folder of model files; DATA_DIR/artifacts if unset."""
    artifact_url: str | None = None
    """``s3://bucket/prefix`` stores model files in an object store instead."""
    s3_endpoint: str | None = None
    s3_region: str | None = None
    s3_access_key_id: SecretStr | None = None
    s3_secret_access_key: SecretStr | None = None
    max_upload_size: int = Field(default=100 * MIB, ge=1)

    inference_deadline_s: float = Field(default=30.0, gt=0)
    inference_children_max: int = Field(default=32, ge=1, le=1_000)
    inference_memory_bytes_max: int = Field(default=2 * 1024 * MIB, ge=256 * MIB)
    model_memory_budget: int = Field(default=4 * 1024 * MIB, ge=64 * MIB)
    """Bytes of private memory of all model processes together."""
    allow_unsandboxed_models: bool = False
    """Loads models even if the kernel cannot provide a full sandbox; in development only."""
    trusted_model_modules: Words = ()
    """Further modules whose classes and functions a model file may name; ``*`` is any module."""

    log_format: Literal["json", "console"] = Field(
        default_factory=lambda: "console" if sys.stderr.isatty() else "json"
    )
    """If unset: console at a terminal, json elsewhere."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @property
    def effective_log_level(self) -> str:
        """The log level, which DEBUG overrides."""
        return "debug" if self.debug else self.log_level

    @field_validator("cors_origins", "trusted_model_modules", "trusted_proxies", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(word.strip() for word in value.split(",") if word.strip())
        return value

    @model_validator(mode="after")
    def _check_sandbox(self) -> Self:
        """Refuse to run uploaded models without a sandbox outside development."""
        if self.allow_unsandboxed_models and self.environment != "development":
            raise ValueError(
                "ALLOW_UNSANDBOXED_MODELS: it is for development, "
                f"and cannot be set with ENVIRONMENT={self.environment}"
            )
        return self

    @model_validator(mode="after")
    def _check_first_admin(self) -> Self:
        """Refuse an incomplete account."""
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
        """Refuse ambiguous URLs: an error message could show a part of the password as the host."""
        if value is not None and not _is_unambiguous(value.get_secret_value()):
            raise ValueError(NOT_A_URL)
        return value

    @model_validator(mode="after")
    def _check_secret_key(self) -> Self:
        """Refuse short keys; outside development also generated keys and those of examples."""
        keys = self._signing_keys()
        length_min = HMAC_KEY_LENGTH_MIN[self.algorithm]
        for name, key in keys.items():
            if len(key.encode()) < length_min:
                raise ValueError(f"{name}: ALGORITHM={self.algorithm} needs {length_min} bytes")
        if self.environment == "development":
            return self
        if self.secret_key is None:
            raise ValueError(f"SECRET_KEY: it has to be set with ENVIRONMENT={self.environment}")
        for name, key in keys.items():
            if any(word in key.lower() for word in PLACEHOLDERS):
                raise ValueError(f"{name}: this is an example, not a secret")
        return self

    def _signing_keys(self) -> dict[str, str]:
        given = {"SECRET_KEY": self.secret_key, "SECRET_KEY_PREVIOUS": self.secret_key_previous}
        return {name: key.get_secret_value() for name, key in given.items() if key is not None}


def _is_unambiguous(url: str) -> bool:
    """Whether every parser finds the same hosts in a URL."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    hosts = parts.netloc.rpartition("@")[2].split(",")
    rest = parts.path + parts.query + parts.fragment
    are_apart = parts.netloc.count("@") <= 1 and "@" not in rest
    return bool(parts.scheme) and are_apart and all(map(HOST.fullmatch, hosts))
