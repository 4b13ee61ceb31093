"""Making administrators, who come from here and from nowhere else."""

from __future__ import annotations

import secrets
import sys
from typing import Literal

import typer

from commands.users import GrantAdmin, RegisterUser
from domain.metadata import OPERATOR
from domain.personal import login_name_of
from mlplatform.database import open_database
from mlplatform.failures import Refused
from mlplatform.settings import Settings
from mlplatform.store import Store, open_store

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
        user = await store.users.user_named(login_name_of(username))
        if user is not None:
            if user.is_admin:
                typer.echo(f"{user.username} is an administrator already")
                return
            await store.users.grant_admin(GrantAdmin(by=OPERATOR, user_id=user.id))
            typer.echo(f"{user.username} had an account and is an administrator now")
            return
        await _register(store, username, email, password)
        if is_shown:
            typer.echo(f"the password is {password}")


async def _register(store: Store, username: str, email: str | None, password: str | None) -> None:
    if email is None or password is None:
        raise Refused(f"there is no user {username}; give --email to make an account")
    user = await store.users.register(
        RegisterUser(by=OPERATOR, username=username, email=email, password=password)
    )
    await store.users.grant_admin(GrantAdmin(by=OPERATOR, user_id=user.id))
    typer.echo(f"{user.username} is an administrator, with an account of its own")
