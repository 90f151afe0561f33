"""Whom PostgreSQL runs as: never root, whoever starts Countersign."""

import os
import pwd
import shutil
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

ACCOUNT = "countersign"


class AccountError(RuntimeError):
    """There is no account that PostgreSQL could run as; says what to do."""


def account_for(cluster: Path) -> pwd.struct_passwd:
    """The account to run the server of ``cluster`` as.

    An ordinary user runs it as themselves. Root runs it as the folder's owner,
    or where there is none yet, as the system account ``countersign``, made on
    first need. Raises AccountError.
    """
    owner = _owner(cluster)
    if os.geteuid() != 0:
        if owner not in (None, os.geteuid()):
            raise AccountError(
                f"{cluster} belongs to another account (user id {owner}). Start "
                "Countersign as that account or as root, or choose another DATA_DIR."
            )
        return _entry(os.geteuid())
    return _entry(owner) if owner else _system_account()


def run_as(account: pwd.struct_passwd) -> dict[str, Any]:
    """Arguments for ``subprocess`` that make the child run as ``account``."""
    if os.geteuid() != 0:
        return {}
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def give(path: Path, account: pwd.struct_passwd) -> None:
    """Make ``account`` the owner of ``path``; nothing to do for an ordinary user."""
    if os.geteuid() == 0:
        os.chown(path, account.pw_uid, account.pw_gid, follow_symlinks=False)


def let_through(account: pwd.struct_passwd, path: Path) -> None:
    """Let ``account`` pass the folders above ``path``, saying which had to change.

    Only search permission for others (``o+x``) is added, and only where the
    account could not pass: it can then reach what it is given by name, and
    list nothing.
    """
    if os.geteuid() != 0:
        return
    for folder in reversed(path.resolve().parents):
        mode = folder.stat()
        if not _may_search(mode, account):
            folder.chmod(stat.S_IMODE(mode.st_mode) | stat.S_IXOTH)
            print(
                f"Changed the mode of {folder}: the account {account.pw_name} may "
                "now pass through it (o+x).",
                file=sys.stderr,
            )


def _owner(path: Path) -> int | None:
    try:
        return path.stat().st_uid
    except FileNotFoundError:
        return None


def _entry(uid: int) -> pwd.struct_passwd:
    try:
        return pwd.getpwuid(uid)
    except KeyError:
        raise AccountError(
            f"The user id {uid} has no name on this machine, and PostgreSQL needs "
            "one: add it to /etc/passwd, or set DATABASE_URL to a server elsewhere."
        ) from None


def _may_search(mode: os.stat_result, account: pwd.struct_passwd) -> bool:
    if mode.st_uid == account.pw_uid:
        return bool(mode.st_mode & stat.S_IXUSR)
    if mode.st_gid == account.pw_gid:
        return bool(mode.st_mode & stat.S_IXGRP)
    return bool(mode.st_mode & stat.S_IXOTH)


def _system_account() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam(ACCOUNT)
    except KeyError:
        return _new_system_account()


def _new_system_account() -> pwd.struct_passwd:
    """Two first starts at once: one of them makes it, both find it."""
    useradd = shutil.which("useradd", path=f"{os.defpath}:/usr/sbin:/sbin")
    reason = "there is no useradd"
    if useradd:
        command = [useradd, "--system", "--user-group", "--no-create-home"]
        command += ["--home-dir", "/nonexistent", "--shell", "/usr/sbin/nologin"]
        made = subprocess.run(  # noqa: S603
            [*command, ACCOUNT], capture_output=True, text=True
        )
        reason = made.stderr.strip()
    try:
        return pwd.getpwnam(ACCOUNT)
    except KeyError:
        raise AccountError(
            "PostgreSQL refuses to run as root, and the account for it could not be "
            f"made: {reason}. Make a system account named {ACCOUNT}, or start "
            "Countersign as an ordinary user, or set DATABASE_URL."
        ) from None
