"""The platform's keys: what the environment does not give is made once and kept in a file each."""

from __future__ import annotations

import hashlib
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from mlplatform.settings import Settings

KEY_BYTES = 32
PRIVATE = 0o600


@dataclass(frozen=True, repr=False)
class Keys:
    """One key for each purpose, so that no purpose can give away another's."""

    secret_key: str
    """Signs access tokens."""
    secret_key_previous: str | None
    """Signed the tokens that are still around from before SECRET_KEY was changed."""
    password_pepper: bytes
    identity_key: bytes
    """Names the streams of e-mail addresses and usernames; never changed."""
    sealing_key: bytes
    """Seals the users' own keys."""
    audit_key: bytes


def load_keys(settings: Settings) -> Keys:
    """Take the keys from the settings, from their files, or make them."""
    folder = settings.data_dir / "keys"
    previous = settings.secret_key_previous
    return Keys(
        secret_key=_text(settings.secret_key, folder / "secret_key"),
        secret_key_previous=previous.get_secret_value() if previous else None,
        password_pepper=_bytes(settings.password_pepper, folder / "password_pepper"),
        identity_key=_bytes(settings.identity_key, folder / "identity_key"),
        sealing_key=_bytes(settings.sealing_key, folder / "sealing_key"),
        audit_key=_bytes(settings.audit_key, folder / "audit_key"),
    )


def _bytes(given: SecretStr | None, file: Path) -> bytes:
    """Make any text of at least 32 characters a key of 32 bytes."""
    return hashlib.sha256(_text(given, file).encode()).digest()


def _text(given: SecretStr | None, file: Path) -> str:
    if given is not None:
        return given.get_secret_value()
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    _make_once(file)
    return file.read_text().strip()


def _make_once(file: Path) -> None:
    """Write a new key under another name and link it, so that nobody reads half of it."""
    if file.exists():
        return
    draft = file.with_name(f"{file.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE)
    with os.fdopen(descriptor, "w") as stream:
        stream.write(secrets.token_urlsafe(KEY_BYTES) + "\n")
        stream.flush()
        os.fsync(stream.fileno())
    try:
        os.link(draft, file)
    except FileExistsError:
        return  # another process was faster; its key is the one
    finally:
        draft.unlink()
