"""Files packed by Brotli as closely as it can, once for each content: it takes seconds."""

from __future__ import annotations

import hashlib
from pathlib import Path

import brotli

# Not served, as its name begins with a dot.
FOLDER = Path("static", "vendor", ".packed")


def pack(root: Path, content: bytes) -> None:
    """Keep the packed `content` with the project at `root`."""
    path = _path(root, content)
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(brotli.compress(content))


def packed(root: Path, content: bytes) -> bytes | None:
    """What was kept of `content`, None where nothing was."""
    path = _path(root, content)
    return path.read_bytes() if path.is_file() else None


def _path(root: Path, content: bytes) -> Path:
    return root / FOLDER / f"{hashlib.sha256(content).hexdigest()}.br"
