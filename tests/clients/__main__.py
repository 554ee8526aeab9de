"""`python -m tests.clients` installs them, for `make test`."""

from __future__ import annotations

from tests import clients

clients.install()
# Newer than the lock file, which is what make looks at.
(clients.FOLDER / "node_modules" / ".stamp").touch()
