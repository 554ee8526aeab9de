"""The system account that PostgreSQL runs under: it refuses to run as root."""

from __future__ import annotations

import os
import pwd
import shutil
import stat
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from dashboard.embedded import EmbeddedError

# Both exist before us; no account is added to somebody's machine.
ACCOUNTS = ["postgres", "nobody"]


def server_uid() -> int:
    """The user id that the server runs under: our own, or another's if we are root."""
    return os.getuid() if os.getuid() else _stand_in().pw_uid


def hand_over(path: Path) -> None:
    """Give one file or folder, not what is in or above it, to the server's account."""
    if not os.getuid():
        account = _stand_in()
        os.chown(path, account.pw_uid, account.pw_gid, follow_symlinks=False)


def make_private(folder: Path) -> None:
    """A folder that is closed to others, made so if it exists; those above it stay.

    If we are root the server's account may pass through it, and not look into it: the
    capability to pass anyway would let the server read every file of the machine.

    Raises:
        EmbeddedError: it is not ours to close.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if folder.stat().st_mode & stat.S_ISVTX:
        raise EmbeddedError(f"{folder} is everybody's; choose a folder of its own.")
    try:
        if os.getuid():
            folder.chmod(0o700)
        else:
            os.chown(folder, 0, _stand_in().pw_gid)
            folder.chmod(0o710)
    except PermissionError as error:
        raise EmbeddedError(
            f"{folder} belongs to somebody else. Run Passline as the user who owns it, "
            "or choose another DATA_DIR."
        ) from error


def close_to_others(folder: Path) -> None:
    """Take from others what they may do with a folder of ours and all that is in it."""
    for path, _, files in os.walk(folder):
        for each in (Path(path), *(Path(path, name) for name in files)):
            # A message may be taken meanwhile.
            with suppress(FileNotFoundError):
                if not each.is_symlink():
                    each.chmod(each.stat().st_mode & 0o700)


def command(arguments: list[str], needed: Iterable[Path]) -> list[str]:
    """The command that runs `arguments` under the server's account.

    `needed` are paths that it must be able to reach. Where a folder above one of them
    is closed to it, such as root's home, it gets the capability to pass through closed
    folders; the folders' modes stay as they are.
    """
    if os.getuid():
        return arguments
    account = _stand_in()
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise EmbeddedError(
            "PostgreSQL cannot run as root, and setpriv (util-linux) is not there to "
            "change the account. Run Passline as an ordinary user or set DATABASE_URL."
        )
    words = [setpriv, f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}"]
    words.append("--clear-groups")
    if not all(_may_reach(path, account) for path in needed):
        words += ["--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"]
    return [*words, *arguments]


def _stand_in() -> pwd.struct_passwd:
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    for name in ACCOUNTS:
        if name in known:
            return known[name]
    raise EmbeddedError(
        "PostgreSQL cannot run as root, and there is neither an account 'postgres' nor "
        "'nobody'. Run Passline as an ordinary user or set DATABASE_URL."
    )


def _may_reach(path: Path, account: pwd.struct_passwd) -> bool:
    return all(_may_enter(folder, account) for folder in path.resolve().parents)


def _may_enter(folder: Path, account: pwd.struct_passwd) -> bool:
    status = folder.stat()
    if status.st_uid == account.pw_uid:
        return bool(status.st_mode & stat.S_IXUSR)
    if status.st_gid == account.pw_gid:
        return bool(status.st_mode & stat.S_IXGRP)
    return bool(status.st_mode & stat.S_IXOTH)
