"""Server-Sent Events on the wire: sent as they come, kept alive while nothing comes, stopped when the reader leaves.
Left out: what the events are."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any, Final

from anyio import CancelScope, to_thread
from fastapi.responses import StreamingResponse

HEARTBEAT_SECONDS: Final = 15.0
"""Proxies cut connections on which nothing comes for 30 to 60 seconds."""

_HEADERS: Final = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
_END: Final = ""


def event_stream(lines: Iterator[str], heartbeat_seconds: float = HEARTBEAT_SECONDS) -> StreamingResponse:
    """A response of these lines. When the client goes away, the work behind them ends with the step under way."""
    alive = _kept_alive(lines, heartbeat_seconds)
    return StreamingResponse(alive, media_type="text/event-stream", headers=_HEADERS)


def event_line(event: dict[str, Any]) -> str:
    """One event of a stream."""
    return f"data: {json.dumps(event, ensure_ascii=False, allow_nan=False)}\n\n"


async def _kept_alive(lines: Iterator[str], seconds: float) -> AsyncIterator[str]:
    step: asyncio.Future[str] | None = None
    try:
        while True:
            step = asyncio.ensure_future(to_thread.run_sync(next, lines, _END))
            while not (await asyncio.wait({step}, timeout=seconds))[0]:
                yield ": still here\n\n"
            line = step.result()
            if line == _END:
                return
            yield line
    finally:
        # The reader may have left in the middle of a step: a generator can only be closed when that is over.
        with CancelScope(shield=True):
            if step is not None and not step.done():
                await asyncio.wait({step})
            close = getattr(lines, "close", None)
            if close is not None:
                await to_thread.run_sync(close)
