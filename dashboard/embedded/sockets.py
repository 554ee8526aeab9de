"""Where an embedded server's socket is: in a folder that is ours and that has a short path."""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
from contextlib import suppress
from pathlib import Path

from dashboard.embedded import EmbeddedError, account

# The shortest limit of the systems that we know (macOS: 104 bytes with the NUL).
PATH_MAX = 103


def folder_for(server: Path, name: str) -> Path:
    """The folder of socket `name` of the server that keeps its files in `server`."""
    own = server / "socket"
    if _is_short(own / name):
        return own
    digest = hashlib.sha256(os.fsencode(server)).hexdigest()[:12]
    private = f"passline-{os.getuid()}-{digest}"
    other = Path(tempfile.gettempdir()) / private
    return other if _is_short(other / name) else Path("/tmp") / private  # nosec B108 # in a folder of its own name, checked to be ours


def prepare(folder: Path, uid: int) -> None:
    """Make the folder, closed to all but the account `uid` that the server runs under.

    Raises:
        EmbeddedError: somebody else placed something there.
    """
    check(folder, uid)
    folder.mkdir(mode=0o700, exist_ok=True)
    if uid != os.getuid():
        account.hand_over(folder)
    check(folder, uid)
    folder.chmod(0o700)


def check(folder: Path, uid: int) -> None:
    """See that whoever listens in the folder is ours: anybody may make one in /tmp.

    Raises:
        EmbeddedError: somebody else placed something there.
    """
    with suppress(FileNotFoundError):
        status = folder.lstat()
        # A start that was killed left it ours and not yet the server's.
        if not stat.S_ISDIR(status.st_mode) or status.st_uid not in {uid, os.getuid()}:
            raise EmbeddedError(f"{folder} belongs to somebody else; remove it.")


def _is_short(path: Path) -> bool:
    return len(os.fsencode(path)) <= PATH_MAX
