"""Create and revoke administrators."""

from __future__ import annotations

import secrets
import sys

import typer

from commands.users import GrantAdmin, RegisterAdmin, RevokeAdmin, SetActive
from domain.events import OPERATOR
from domain.personal import login_name_of
from domain.user import User
from mlplatform.errors import Refused
from mlplatform.server.database import open_database
from mlplatform.server.store import Store, open_store
from mlplatform.settings import Settings

PASSWORD_BYTES = 18


def read_password(*, is_piped: bool, is_generated: bool) -> str:
    """Read the password of a new account from standard input, generate it, or prompt for it."""
    if is_piped:
        return sys.stdin.readline().rstrip("\r\n")
    if is_generated:
        return secrets.token_urlsafe(PASSWORD_BYTES)
    return typer.prompt("Password", hide_input=True, confirmation_prompt=True)


async def create_admin(
    settings: Settings,
    username: str,
    email: str | None,
    password: str | None,
    *,
    is_shown: bool = False,
) -> None:
    """Make a user an administrator; create the account if there is none."""
    async with open_database(settings) as database, open_store(settings, database) as store:
        user = await store.names.find_user(login_name_of(username))
        if user is not None:
            await _promote(store, user)
            return
        if email is None or password is None:
            raise Refused(f"there is no user {username}; create the account with --email")
        command = RegisterAdmin(by=OPERATOR, username=username, email=email, password=password)
        user = await store.users.register(command)
        typer.echo(f"the account {user.username} was created; it is an administrator")
        if is_shown:
            typer.echo(f"the password is {password}")


async def revoke_admin(settings: Settings, username: str) -> None:
    """Revoke a user's right to administer, unless it is the last administrator."""
    async with open_database(settings) as database, open_store(settings, database) as store:
        user = await store.names.find_user(login_name_of(username))
        if user is None:
            raise Refused(f"there is no user {username}")
        if not user.is_admin:
            typer.echo(f"{user.username} is not an administrator")
            return
        await store.users.revoke_admin(RevokeAdmin(by=OPERATOR, user_id=user.id))
        typer.echo(f"{user.username} is no longer an administrator")


async def _promote(store: Store, user: User) -> None:
    """Make a user an administrator, and reactivate the account if needed."""
    if user.is_admin and user.is_active:
        typer.echo(f"{user.username} is already an administrator")
        return
    if not user.is_active:
        await store.users.set_active(SetActive(by=OPERATOR, user_id=user.id, is_active=True))
    await store.users.grant_admin(GrantAdmin(by=OPERATOR, user_id=user.id))
    typer.echo(f"{user.username} is now an administrator")
