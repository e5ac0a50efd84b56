"""`loccit serve`: listens at once, loads the model meanwhile. Left out: the application (`app.py`)."""

from __future__ import annotations

import socket
import threading

import uvicorn
from starlette.types import ASGIApp

from index.errors import IndexFault, SettingsError
from rag.chatbot import Chatbot
from rag.errors import RagFault
from web import terminal
from web.app import create_app
from web.settings import Settings
from web.suggestions import Suggestions


def run_server(settings: Settings) -> None:
    """Serve until stopped. Raises SettingsError if the address cannot be listened on."""
    listener = _listen(settings.host, settings.port)
    host, port = listener.getsockname()[:2]
    chatbot = Chatbot(settings)
    app = create_app(chatbot, settings)
    threading.Thread(target=_prepare, args=(chatbot, app.state.suggestions), daemon=True, name="warm-up").start()
    shown = f"[{host}]" if ":" in host else host
    terminal.print_line(f"Loccit listens on http://{shown}:{port}/  (Ctrl-C stops it)")
    uvicorn.Server(server_config(app)).run(sockets=[listener])


def server_config(app: ASGIApp) -> uvicorn.Config:
    """How the application is served."""
    # Headers that name another address are anybody's to send, and limits go by addresses.
    return uvicorn.Config(app, port=0, log_level="warning", timeout_graceful_shutdown=5, proxy_headers=False)


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise SettingsError(
            f"{host}:{port} cannot be listened on ({error.strerror}). Choose another with --host or --port."
        ) from error
    return listener


def _prepare(chatbot: Chatbot, suggestions: Suggestions) -> None:
    try:
        chatbot.warm_up()
        suggestions.prepare()
    except (IndexFault, RagFault) as error:
        terminal.print_error(str(error))
