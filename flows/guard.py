"""Who may see and do what: the token, the names of hosts, and headers that keep pages in their place."""

from __future__ import annotations

import base64
import hmac
import ipaddress
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from flows.settings import Settings
from schemas.errors import InputError

HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Resource-Policy": "same-origin",
}

OPEN: Final = ("/healthz", "/drops", "/events")
"""Paths that need no token to look at: they tell nothing, or ask for it themselves."""


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach an address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def check_token(settings: Settings) -> str | None:
    """The token of a service, if it has one.

    Raises:
        InputError: if it needs one and has none, or one that is too short to be a secret.
    """
    secret = settings.secret
    if secret is None and not is_loopback(settings.host):
        raise InputError(
            f"TURNPROOF_HOST: expected a token beside the address {settings.host}, which others can reach, found none; "
            "set TURNPROOF_TOKEN or TURNPROOF_TOKEN_FILE, or serve on 127.0.0.1"
        )
    if secret is not None and len(secret) < 16:
        raise InputError(
            "TURNPROOF_TOKEN: expected a token of 16 characters or more, found a shorter one; "
            "make one with `openssl rand -hex 32`"
        )
    return secret


def refuse_without_token(request: Request, secret: str | None) -> Response | None:
    """The answer to a request that has not the token as ``Authorization: Bearer``; None where it has."""
    if secret is None:
        return PlainTextResponse("uploads are off; set TURNPROOF_TOKEN or TURNPROOF_TOKEN_FILE, and start again\n", 403)
    scheme, _, found = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not _same(found.strip(), secret):
        told = "expected the token as `Authorization: Bearer`, found none or another\n"
        return PlainTextResponse(told, 401, headers={"WWW-Authenticate": "Bearer"})
    return None


class Guard:
    """Lets in whoever may see the dashboards, and puts `HEADERS` on every answer.

    On loopback that is everybody who asks for this machine by a name of its own: another name there means that a page
    from elsewhere has had its own name lead here, to read what it must not. On any other address it is whoever has the
    token, as a bearer or as a password in the browser.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self.secret = None if is_loopback(settings.host) else settings.secret
        self.hosts = {"localhost", "127.0.0.1", "::1", settings.host}
        if settings.url and (name := urlsplit(settings.url).hostname):
            self.hosts.add(name)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or let the application answer."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
            await send(message)

        refusal = self._refusal(scope["path"], Headers(scope=scope))
        await (refusal or self.app)(scope, receive, send_guarded)

    def _refusal(self, path: str, headers: Headers) -> Response | None:
        if path in OPEN:
            return None
        if self.secret is None:
            host = urlsplit(f"//{headers.get('host', '')}").hostname or ""
            if host in self.hosts:
                return None
            return PlainTextResponse("expected this machine's name; set TURNPROOF_URL to the one you use\n", 421)
        scheme, _, found = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "basic":
            try:
                found = base64.b64decode(found.strip(), validate=True).decode().partition(":")[2]
            except ValueError:
                found = ""
        if scheme.lower() in ("basic", "bearer") and _same(found.strip(), self.secret):
            return None
        told = "expected the token as the password, found none or another\n"
        return PlainTextResponse(told, 401, headers={"WWW-Authenticate": 'Basic realm="Turnproof", charset="UTF-8"'})


def _same(found: str, secret: str) -> bool:
    return hmac.compare_digest(found.encode(), secret.encode())
