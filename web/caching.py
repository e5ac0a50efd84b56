"""ETags: the same generation gives the same bytes, so that a client need not be sent again what it has. Left out:
streams, and what the page keeps."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from fastapi import Request
from fastapi.responses import JSONResponse, Response


def json_with_etag(request: Request, content: dict[str, Any], vary: tuple[str, ...] = ()) -> Response:
    """The content as JSON, or 304 where the client has it already. `vary` names keys that differ between equal
    answers: the tag leaves them out."""
    same = {name: value for name, value in content.items() if name not in vary}
    digest = hashlib.sha256(json.dumps(same, sort_keys=True, ensure_ascii=True).encode()).hexdigest()
    # Weak: what varies, and the compression, are not part of it.
    tag = f'W/"{digest[:32]}"'
    if request.method == "POST":  # it asks for something to be done: it has a tag, and no 304
        return JSONResponse(content, headers={"ETag": tag})
    known = [one.strip().removeprefix("W/") for one in request.headers.get("if-none-match", "").split(",")]
    if "*" in known or tag.removeprefix("W/") in known:
        return Response(status_code=304, headers={"ETag": tag})
    return JSONResponse(content, headers={"ETag": tag})
