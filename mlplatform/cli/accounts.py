"""Making administrators, who come from here and from nowhere else."""

from __future__ import annotations

import secrets
import sys
from typing import Literal

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

PasswordFrom = Literal["prompt", "stdin", "generator"]


def read_password(source: PasswordFrom) -> str:
    """Get the new account's password from where the operator said."""
    match source:
        case "prompt":
            return typer.prompt("Password", hide_input=True, confirmation_prompt=True)
        case "stdin":
            return sys.stdin.readline().rstrip("\r\n")
        case "generator":
            return secrets.token_urlsafe(PASSWORD_BYTES)


async def create_admin(
    settings: Settings,
    username: str,
    email: str | None,
    password: str | None,
    *,
    is_shown: bool = False,
) -> None:
    """Make an administrator of who has an account, else make the account too.

    A password that nobody else knows yet is shown.
    """
    async with (
        open_database(settings) as database,
        open_store(settings, database) as store,
    ):
        user = await store.names.find_user(login_name_of(username))
        if user is not None:
            await _promote(store, user)
            return
        if email is None or password is None:
            raise Refused(f"there is no user {username}; give --email to make an account")
        command = RegisterAdmin(by=OPERATOR, username=username, email=email, password=password)
        user = await store.users.register(command)
        typer.echo(f"{user.username} is an administrator, with an account of its own")
        if is_shown:
            typer.echo(f"the password is {password}")


async def revoke_admin(settings: Settings, username: str) -> None:
    """Make somebody an administrator no longer, unless nobody else is one."""
    async with (
        open_database(settings) as database,
        open_store(settings, database) as store,
    ):
        user = await store.names.find_user(login_name_of(username))
        if user is None:
            raise Refused(f"there is no user {username}")
        if not user.is_admin:
            typer.echo(f"{user.username} is no administrator")
            return
        await store.users.revoke_admin(RevokeAdmin(by=OPERATOR, user_id=user.id))
        typer.echo(f"{user.username} is an administrator no longer")


async def _promote(store: Store, user: User) -> None:
    """Let somebody administer who has an account, and open it where it is closed."""
    if user.is_admin and user.is_active:
        typer.echo(f"{user.username} is an administrator already")
        return
    if not user.is_active:
        await store.users.set_active(SetActive(by=OPERATOR, user_id=user.id, is_active=True))
    await store.users.grant_admin(GrantAdmin(by=OPERATOR, user_id=user.id))
    typer.echo(f"{user.username} had an account and is an administrator now")
