"""Where static files are kept as they are served: hashed, and packed by gzip."""

from __future__ import annotations

from typing import Any

from whitenoise.compress import Compressor
from whitenoise.storage import CompressedManifestStaticFilesStorage


class GzippedStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """Brotli is here to unpack fonts; packing by it takes half a minute with each start."""

    def create_compressor(self, **kwargs: Any) -> Compressor:
        return Compressor(use_brotli=False, **kwargs)
