"""The vendors' own clients, run for real: pinned npm packages, installed once."""

from __future__ import annotations

import fcntl
import hashlib
import json
import re
from pathlib import Path

from dashboard.embedded import assets

FOLDER = Path(__file__).parent
PROGRAMS = FOLDER / "node_modules" / ".bin"
_NPX = re.compile(r"\bnpx (?:--yes )?(?:--package[= ])?([@\w./-]+)")


def install() -> Path:
    """The folder of the clients' programs, which are installed unless they are there.

    Several processes of a parallel run may ask at once.
    """
    wanted = hashlib.sha256((FOLDER / "package-lock.json").read_bytes()).hexdigest()
    stamp = FOLDER / "node_modules" / ".stamp"
    with (FOLDER / "package.json").open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        if not (stamp.is_file() and stamp.read_text() == wanted):
            assets.npm(FOLDER, *assets.INSTALL)
            stamp.write_text(wanted)
    return PROGRAMS


def strangers_in(lines: str) -> set[str]:
    """What npx in these lines of a shell would fetch by a name that is none of the
    packages here: where one is installed, its programs hide that.
    """
    known = json.loads((FOLDER / "package.json").read_text())["dependencies"]
    return set(_NPX.findall(lines)) - set(known)
