"""The bytes of a file that was sent: unpacked, bounded, and readable more than once."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterator
from typing import BinaryIO

from ingest.intake.errors import IntakeError, InvalidError

# Unpacked. The largest builds have some 200 MB.
MOST_BYTES = 512 * 2**20
CHUNK = 2**16
# gzip makes reports 10 to 100 times smaller; beyond it something else is meant.
MOST_TIMES = 250
ALWAYS_UNPACKED = 16 * 2**20
_GZIP = b"\x1f\x8b"


class TooLargeError(IntakeError):
    """More than is taken."""


class Upload:
    """A file from its first byte on, as often as it is asked for; gzip is unpacked.

    `file` must be seekable. `name` is what its sender called it.
    """

    def __init__(self, file: BinaryIO, name: str = "") -> None:
        self._file = file
        self.name = name

    def chunks(self) -> Iterator[bytes]:
        """Raises TooLargeError beyond MOST_BYTES, InvalidError for a broken gzip."""
        is_packed, length = is_gzip(self._file), 0
        for chunk in self._unpacked() if is_packed else self._as_it_is():
            length += len(chunk)
            if length > MOST_BYTES:
                raise TooLargeError(
                    f"The file has more than the {MOST_BYTES // 2**20} MB that are "
                    "read. Send it in parts with the same run and commit."
                )
            yield chunk

    def digest(self) -> str:
        """SHA-256 of the unpacked bytes, by which the same file again is known."""
        found = hashlib.sha256()
        for chunk in self.chunks():
            found.update(chunk)
        return found.hexdigest()

    def _as_it_is(self) -> Iterator[bytes]:
        while chunk := self._file.read(CHUNK):
            yield chunk

    def _unpacked(self) -> Iterator[bytes]:
        packed = unpacked = 0
        decoder = _decoder()
        for chunk in self._as_it_is():
            packed += len(chunk)
            rest = chunk
            while rest:
                if decoder.eof:  # A gzip may be several in a row.
                    decoder = _decoder()
                try:
                    found = decoder.decompress(rest, CHUNK)
                except zlib.error as error:
                    raise InvalidError(f"The gzip is broken: {error}.") from None
                unpacked += len(found)
                if unpacked > max(ALWAYS_UNPACKED, MOST_TIMES * packed):
                    raise InvalidError(
                        f"The gzip unpacks to more than {MOST_TIMES} times its size: "
                        "no report does."
                    )
                if found:
                    yield found
                rest = decoder.unused_data if decoder.eof else decoder.unconsumed_tail
        # What the decoder still holds of a chunk that it took whole.
        while found := b"" if decoder.eof else decoder.decompress(b"", CHUNK):
            yield found
        if not decoder.eof:
            raise InvalidError("The gzip ends in its middle: it was not sent whole.")


def is_gzip(file: BinaryIO) -> bool:
    """Whether it begins like one; it stands at its beginning afterwards."""
    file.seek(0)
    is_packed = file.read(2) == _GZIP
    file.seek(0)
    return is_packed


def _decoder() -> zlib._Decompress:
    return zlib.decompressobj(16 + zlib.MAX_WBITS)
