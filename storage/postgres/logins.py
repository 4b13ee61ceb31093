"""The role and password in a DSN, and the SCRAM verifier of a password."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import unicodedata
from base64 import b64encode
from dataclasses import dataclass, field
from urllib.parse import parse_qs, unquote, urlsplit

SCRAM_ROUNDS = 4_096
SALT_BYTES = 16


@dataclass(frozen=True)
class Login:
    """A database role and its password, if it has one."""

    name: str
    password: str | None = field(default=None, repr=False)

    @property
    def quoted(self) -> str:
        """The name as a quoted SQL identifier."""
        return '"' + self.name.replace('"', '""') + '"'


def parse_login(dsn: str) -> Login | None:
    """The login of a DSN; None if it names no user."""
    parts = urlsplit(dsn)
    options = parse_qs(parts.query)
    names = [unquote(parts.username)] if parts.username else options.get("user", [])
    passwords = [unquote(parts.password)] if parts.password else options.get("password", [])
    return Login(names[0], passwords[0] if passwords else None) if names else None


def scram_verifier(password: str) -> str:
    """The verifier that PostgreSQL stores instead of a password (SCRAM-SHA-256, RFC 5803).

    It is computed here because a server may log the statement that sets the password.
    """
    salt = secrets.token_bytes(SALT_BYTES)
    plain = unicodedata.normalize("NFKC", password).encode()
    salted = hashlib.pbkdf2_hmac("sha256", plain, salt, SCRAM_ROUNDS)
    stored_key = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    server_key = hmac.digest(salted, b"Server Key", "sha256")
    salt_text, stored_text, server_text = (
        b64encode(part).decode() for part in (salt, stored_key, server_key)
    )
    return f"SCRAM-SHA-256${SCRAM_ROUNDS}:{salt_text}${stored_text}:{server_text}"
