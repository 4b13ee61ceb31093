"""The keys of the platform: from the settings, else generated once and kept in files."""

from __future__ import annotations

import hashlib
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from mlplatform.settings import Settings

KEY_BYTES = 48
"""Written as 64 characters, the minimum for HS512."""
PRIVATE = 0o600


@dataclass(frozen=True, repr=False)
class Keys:
    """A separate key for each purpose, so that a leaked one endangers no other."""

    secret_key: str
    """Signs access tokens."""
    secret_key_previous: str | None
    """Signed tokens that were issued before SECRET_KEY was changed."""
    password_pepper: bytes
    identity_key: bytes
    """Derives stream ids from e-mail addresses and usernames; can never change."""
    sealing_key: bytes
    """Encrypts the keys of the users."""


def load_keys(settings: Settings) -> Keys:
    """Read the keys from the settings or their files, or generate them."""
    folder = settings.data_dir / "keys"
    previous = settings.secret_key_previous
    return Keys(
        secret_key=_text(settings.secret_key, folder / "secret_key"),
        secret_key_previous=previous.get_secret_value() if previous else None,
        password_pepper=_bytes(settings.password_pepper, folder / "password_pepper"),
        identity_key=_bytes(settings.identity_key, folder / "identity_key"),
        sealing_key=_bytes(settings.sealing_key, folder / "sealing_key"),
    )


def load_secret(file: Path, byte_count: int = KEY_BYTES) -> str:
    """Read a secret from a file that only its owner can read; generate it on first use."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    _make_once(file, byte_count)
    return file.read_text().strip()


def _bytes(given: SecretStr | None, file: Path) -> bytes:
    """Derive a key of 32 bytes from a text."""
    return hashlib.sha256(_text(given, file).encode()).digest()


def _text(given: SecretStr | None, file: Path) -> str:
    return load_secret(file) if given is None else given.get_secret_value()


def _make_once(file: Path, byte_count: int) -> None:
    """Write a new key to a temporary file and link it, so that no process reads half a key."""
    if file.exists():
        return
    draft = file.with_name(f"{file.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE)
    with os.fdopen(descriptor, "w") as stream:
        stream.write(secrets.token_urlsafe(byte_count) + "\n")
        stream.flush()
        os.fsync(stream.fileno())
    try:
        os.link(draft, file)
    except FileExistsError:
        return  # another process was faster; its key counts
    finally:
        draft.unlink()
