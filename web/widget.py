"""`/widget.js`: one script tag that puts the chat in a corner of another site. Left out: the page inside its
frame (`pages.py`), which sites may show it (`guard.py`)."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import FileResponse, Response

from web.templating import FOLDER

router = APIRouter(include_in_schema=False)


@router.get("/widget.js")
def get_widget() -> Response:
    """The script, for any site: who may show the frame that it makes is for the browser to enforce."""
    headers = {"Cross-Origin-Resource-Policy": "cross-origin", "Cache-Control": "public, max-age=3600"}
    return FileResponse(FOLDER / "static" / "widget.js", media_type="text/javascript", headers=headers)
