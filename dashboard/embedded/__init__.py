"""What `make demo` and `make up` need in place of installed services.

PostgreSQL and Valkey from wheels, the processes and the assets.
"""

from __future__ import annotations


class EmbeddedError(Exception):
    """Something of the embedded mode cannot be used; says why and what to do."""
