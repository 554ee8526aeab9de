"""The server for one program that started it, over standard input and output."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import AsyncIterator
from typing import Any, cast

import anyio
from mcp.server.stdio import stdio_server

from dashboard.mcp.server import make_server

_STDIN = 0
_BLOCK = 65_536


def serve(token: str) -> None:
    """Until standard input ends, or SIGTERM."""
    anyio.run(_serve, token)


async def _serve(token: str) -> None:
    server = make_server(lambda _: token)
    async with anyio.create_task_group() as group:
        group.start_soon(_cancelled_by_signal, group.cancel_scope)
        async with stdio_server(stdin=cast(Any, _Lines())) as (reads, writes):
            await server.run(reads, writes, server.create_initialization_options())
        group.cancel_scope.cancel()


async def _cancelled_by_signal(scope: anyio.CancelScope) -> None:
    with anyio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
        async for _ in signals:
            scope.cancel()
            return


class _Lines:
    """Lines of standard input, read by a thread that nobody has to wait for: the package's
    own would keep the process from ending until its client writes another line.
    """

    def __init__(self) -> None:
        self._blocks: asyncio.Queue[bytes] = asyncio.Queue()
        loop = asyncio.get_running_loop()
        threading.Thread(target=self._read, args=(loop,), daemon=True).start()

    def _read(self, loop: asyncio.AbstractEventLoop) -> None:
        block = b"-"
        while block:
            try:
                block = os.read(_STDIN, _BLOCK)
            except OSError:
                block = b""
            if loop.is_closed():
                return
            loop.call_soon_threadsafe(self._blocks.put_nowait, block)

    async def __aiter__(self) -> AsyncIterator[str]:
        rest = b""
        while block := await self._blocks.get():
            *lines, rest = (rest + block).split(b"\n")
            for line in lines:
                yield line.decode(errors="replace")
