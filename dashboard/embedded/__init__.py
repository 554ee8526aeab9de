"""What `make demo` and `make up` need in place of installed services.

PostgreSQL from a wheel, a broker made of files, the processes and the assets.
"""

from __future__ import annotations


class EmbeddedError(Exception):
    """Something of the embedded mode cannot be used; says why and what to do."""
