"""What the service serves: the site, uploads, metrics, and how it fares."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from flows.guard import Guard, refuse_without_token
from flows.metrics import StoreMetrics
from flows.receiving import receive
from flows.settings import Settings

EVENT_BYTES = 2**20
"""The largest notification that is listened to; what it says doesn't matter, only that it came."""


@dataclass(frozen=True)
class Service:
    """What the pages need of the service.

    Attributes:
        settings: its settings.
        take: tells the watcher of an entry of the inbox that is complete.
        look: tells the watcher to look at the inbox now.
        parts: for each part of the service, a function that says whether it is well.
        queue: counts the drops that wait.
    """

    settings: Settings
    take: Callable[[str], None]
    look: Callable[[], None]
    parts: Mapping[str, Callable[[], bool]]
    queue: Callable[[], Awaitable[int]]


class Site(StaticFiles):
    """The published pages: files only, nothing outside their folder, no listings."""

    async def check_config(self) -> None:
        """Nothing: before the first run there is no folder."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """A page, or a sentence where nothing was published yet."""
        if path == "." and (await asyncio.to_thread(self.lookup_path, "index.html"))[1] is None:
            return PlainTextResponse("Nothing was judged yet; put a drop into the inbox.\n")
        answer = await super().get_response(path, scope)
        # A page changes with every run that concerns it.
        answer.headers.setdefault("Cache-Control", "no-cache")
        return answer


def app_of(service: Service) -> Starlette:
    """The application."""
    settings = service.settings
    metrics = StoreMetrics(settings)
    registry = CollectorRegistry()
    registry.register(metrics)

    async def drops(request: Request) -> Response:
        return refuse_without_token(request, settings.secret) or await receive(request, settings, service.take)

    async def events(request: Request) -> Response:
        if (refusal := refuse_without_token(request, settings.secret)) is not None:
            return refusal
        size = 0
        async for piece in request.stream():
            size += len(piece)
            if size > EVENT_BYTES:
                return PlainTextResponse(f"expected at most {EVENT_BYTES:,} bytes\n", 413)
        service.look()
        return PlainTextResponse("the inbox is looked at\n", 202)

    async def tell_metrics(request: Request) -> Response:
        metrics.queue = await service.queue()
        found = await asyncio.to_thread(generate_latest, registry)
        return Response(found, media_type=CONTENT_TYPE_LATEST)

    async def healthz(request: Request) -> Response:
        parts: dict[str, Any] = {name: "ok" if well() else "ill" for name, well in service.parts.items()}
        try:
            last = await asyncio.to_thread(metrics.last_run)
            parts["store"] = "ok"
        except Exception:
            # Whatever it is, the store can't be read.
            parts["store"], last = "ill", None
        ill = "ill" in parts.values()
        told = {"status": "ill" if ill else "ok", **parts, "last_run": last and last.isoformat(timespec="seconds")}
        return Response(json.dumps(told) + "\n", 503 if ill else 200, media_type="application/json")

    return Starlette(
        routes=[
            Route("/drops", drops, methods=["POST"]),
            Route("/events", events, methods=["POST"]),
            Route("/metrics", tell_metrics),
            Route("/healthz", healthz),
            Mount("/", Site(directory=settings.site_folder, html=True, check_dir=False)),
        ],
        middleware=[Middleware(Guard, settings=settings)],
    )
