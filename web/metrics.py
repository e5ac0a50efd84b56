"""`GET /metrics` for Prometheus: requests, answers by status, seconds they took, what the index holds. Left out: what
was asked."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, Final

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from index.errors import IndexFault
from web.rest import TheChatbot

_METHODS: Final = ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS")
_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)

router = APIRouter()


class Metrics:
    """What one server counts; a registry of its own, so that two in one process do not mix."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "loccit_requests_total",
            "Requests, by route and status.",
            ("method", "route", "status"),
            registry=self.registry,
        )
        self.seconds = Histogram(
            "loccit_request_seconds", "Seconds until a response began, by route.", ("route",), buckets=_SECONDS,
            registry=self.registry,
        )  # fmt: skip
        self.answers = Counter("loccit_answers_total", "Answers, by status.", ("status",), registry=self.registry)
        self.articles = Gauge("loccit_articles", "Articles in the index.", registry=self.registry)
        self.passages = Gauge("loccit_passages", "Passages in the index.", registry=self.registry)

    def count_answer(self, answer: Mapping[str, Any]) -> None:
        """By its status."""
        self.answers.labels(answer["status"]).inc()


class Counted:
    """Counts each request. Pure ASGI, so that streams pass through unbuffered."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app = app
        self.metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began = time.perf_counter()

        async def send_counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                # The route's pattern, not the path, of which there would be no end.
                route = getattr(scope.get("route"), "path", "none")
                method = scope["method"] if scope["method"] in _METHODS else "other"  # a client may send any word
                self.metrics.requests.labels(method, route, str(message["status"])).inc()
                self.metrics.seconds.labels(route).observe(time.perf_counter() - began)
            await send(message)

        await self.app(scope, receive, send_counted)


@router.get(
    "/metrics", summary="Counts for Prometheus", response_class=PlainTextResponse,
    responses={200: {"content": {CONTENT_TYPE_LATEST: {}}}},
)  # fmt: skip
def get_metrics(request: Request, chatbot: TheChatbot) -> Response:
    """In Prometheus' text format."""
    metrics: Metrics = request.app.state.metrics
    try:
        info = chatbot.index().info
    except IndexFault:  # there is none yet: the counts are those of the server alone
        metrics.articles.set(0)
        metrics.passages.set(0)
    else:
        metrics.articles.set(info.articles)
        metrics.passages.set(info.passages)
    return Response(generate_latest(metrics.registry), media_type=CONTENT_TYPE_LATEST)
