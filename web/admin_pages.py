"""The admin page: files are uploaded, seen being indexed and removed, an earlier state of the index is put back. Works
without JavaScript; the key of the scope `admin` is kept in a cookie that no script can read. Left out: who may call it
(`access.py`), the work itself (`intake.py`)."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Annotated, Any, Final
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, Form, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse, Response
from fastapi.routing import APIRoute
from starlette.datastructures import UploadFile

from index.edit import remove_article
from index.errors import IndexFault
from index.failures import FailureList
from index.store import generations, roll_back
from web.access import ADMIN, ADMIN_COOKIE
from web.admin_texts import ADMIN_TEXTS
from web.article_api import edited
from web.errors import InvalidRequest, KeyRefused
from web.guard import UPLOADS
from web.intake import Intake
from web.rest import TheChatbot
from web.schemas import Text
from web.templating import chosen_ui, render

MOST_FILES: Final = 1000


class _Route(APIRoute):
    """What is refused here is told with its reason, in any language of the interface, and with a way back: elsewhere
    people get one sentence for all that cannot be used."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handle_told(request: Request) -> Response:
            try:
                return await handle(request)
            except InvalidRequest as error:
                return _refused(request, [str(error)], [])

        return handle_told


router = APIRouter(include_in_schema=False, route_class=_Route)


async def intake_of(request: Request) -> Intake:
    """The one that `create_app` made."""
    intake: Intake = request.app.state.intake
    return intake


async def sent_from_here(request: Request) -> None:
    """Raises KeyRefused for a form of another site, should a browser send the cookie along."""
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
        raise KeyRefused("This was sent from another site. Use the admin page itself.")


TheIntake = Annotated[Intake, Depends(intake_of)]
Name = Annotated[Text, Form(min_length=1, max_length=300)]
FromHere = Depends(sent_from_here)


@router.get(ADMIN)
def get_admin(request: Request, chatbot: TheChatbot, intake: TheIntake) -> Response:
    """What there is and what goes on, or where the key is asked for."""
    admin = request.scope.get("loccit_scope") == "admin"
    texts = ADMIN_TEXTS[chosen_ui(request)]
    if not admin:
        refused = ADMIN_COOKIE in request.cookies
        page = render(request, "admin.html", 401 if refused else 200, a=texts, run=None, refused=refused)
        page.delete_cookie(ADMIN_COOKIE, path=ADMIN)
        return page
    try:
        info = chatbot.index().info
    except IndexFault:  # there is none yet, or it is damaged: then an earlier state can be put back here
        info = None
    settings = chatbot.settings
    return render(
        request, "admin.html", a=texts, run=intake.run, files=intake.uploads.files(), addresses=intake.addresses(),
        withheld=dict(intake.withheld), info=info,
        failed=[intake.shown(reason) for reason in FailureList(settings).reasons().values()],
        generations=generations(settings), kept=settings.keep_generations,
    )  # fmt: skip


@router.post(f"{ADMIN}/enter", dependencies=[FromHere])
def post_enter(request: Request, key: Annotated[Text, Form(max_length=200)]) -> Response:
    """Keeps the key for this visit; whether it is valid is seen at the page, which asks anew if it is not."""
    page = _back()
    secure = request.app.state.server_url(str(request.base_url)).startswith("https:")
    if not key.isascii():  # no key of ours, and nothing a cookie can hold
        return page
    page.set_cookie(ADMIN_COOKIE, key.strip(), path=ADMIN, httponly=True, samesite="strict", secure=secure)
    return page


@router.post(f"{ADMIN}/leave", dependencies=[FromHere])
def post_leave() -> Response:
    """Forgets the key."""
    page = _back()
    page.delete_cookie(ADMIN_COOKIE, path=ADMIN)
    return page


@router.post(UPLOADS, dependencies=[FromHere])
async def post_files(request: Request, intake: TheIntake) -> Response:
    """Takes in files; when some are refused, the others are taken in all the same, and both are named."""
    async with request.form(max_files=MOST_FILES, max_fields=10) as form:
        files = [file for file in form.getlist("file") if isinstance(file, UploadFile) and file.filename]
        if not files:
            raise InvalidRequest("No file was sent. Choose one, then send the form.", "file")
        taken, refused = await run_in_threadpool(_take_in, intake, files)
    return _refused(request, refused, taken) if refused else _back()


def _take_in(intake: Intake, files: list[UploadFile]) -> tuple[list[str], list[str]]:
    """Names of those that were taken in, and why others were not."""
    taken: list[str] = []
    refused: list[str] = []
    try:
        for file in files:
            try:
                taken.append(intake.uploads.add(file.filename or "", file.file))
            except InvalidRequest as error:
                refused.append(str(error))
    finally:  # also of those before one that the disk has no room for
        if taken:
            intake.start(addresses=False)
    return taken, refused


@router.post(f"{ADMIN}/files/remove", dependencies=[FromHere])
def post_file_removed(intake: TheIntake, name: Name) -> Response:
    """Removes a file and its articles."""
    intake.uploads.remove(name)
    intake.start(addresses=False)
    return _back()


@router.post(f"{ADMIN}/addresses", dependencies=[FromHere])
def post_address(intake: TheIntake, name: Name) -> Response:
    """Adds a source by address, and looks at it."""
    intake.add_address(name)
    intake.start()
    return _back()


@router.post(f"{ADMIN}/addresses/remove", dependencies=[FromHere])
def post_address_removed(intake: TheIntake, name: Name) -> Response:
    """Looks at a source no more; what was read from it stays."""
    intake.remove_address(name)
    return _back()


@router.post(f"{ADMIN}/addresses/allow", dependencies=[FromHere])
def post_removal_allowed(intake: TheIntake, name: Name) -> Response:
    """Removes what has gone from a source, however much."""
    intake.allow_removal(name)
    intake.start()
    return _back()


@router.post(f"{ADMIN}/articles/remove", dependencies=[FromHere])
def post_article_removed(request: Request, chatbot: TheChatbot, intake: TheIntake, name: Name) -> Response:
    """Removes one article, wherever it came from, and its file, if it was uploaded and holds no other."""
    uploads = intake.uploads
    edited(request, lambda: remove_article(name, chatbot.embedder(), chatbot.settings, uploads.check, uploads.forget))
    return _back()


@router.post(f"{ADMIN}/generations", dependencies=[FromHere])
def post_generation(request: Request, chatbot: TheChatbot, name: Name) -> Response:
    """Puts an earlier state of the index back."""
    edited(request, lambda: roll_back(chatbot.settings, name))
    return _back()


def _back() -> Response:
    return RedirectResponse(ADMIN, 303)


def _refused(request: Request, reasons: list[str], taken: list[str]) -> Response:
    return render(request, "admin.html", 422, a=ADMIN_TEXTS[chosen_ui(request)], reasons=reasons, taken=taken)
