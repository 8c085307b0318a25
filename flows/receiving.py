"""Take a drop by HTTP: streamed into the inbox, where it appears when all of it is there."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Callable
from hashlib import sha256
from typing import Final

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from flows.inbox import is_drop_name
from flows.landing import Write, is_taken, landing
from flows.logs import log
from flows.settings import Settings
from schemas.errors import InputError
from schemas.files import shown

NAME_BYTES: Final = 200
"""The longest name of a drop; file systems take 255 bytes."""


class RefusedError(Exception):
    """An upload that is not taken.

    Args:
        status: of HTTP.
        reason: a sentence without its full stop.
    """

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


async def receive(request: Request, settings: Settings, take: Callable[[str], None]) -> Response:
    """Answer ``POST /drops?name=NAME`` with the file as its body.

    Args:
        request: whoever sent it has shown the token.
        settings: where the inbox is, and how large and how slow an upload may be.
        take: told of the drop's name once it is in the inbox.
    """
    try:
        name = checked_name(request.query_params.get("name", ""))
        announced = request.headers.get("content-length", "")
        if announced.isdigit() and int(announced) > settings.upload_bytes:
            raise _too_large(settings)
        size, digest = await _store(request, settings, name)
    except RefusedError as refused:
        log("upload_refused", status=refused.status)
        return PlainTextResponse(f"{refused.reason}\n", refused.status, headers={"Connection": "close"})
    except ClientDisconnect:
        log("upload_broken_off")
        return PlainTextResponse("the upload broke off\n", 400)
    take(name)
    log("upload_taken", drop=name, bytes=size)
    return JSONResponse({"drop": name, "bytes": size, "sha256": digest}, 201)


def checked_name(name: str) -> str:
    """The name that a drop is to bear in the inbox.

    Raises:
        RefusedError: if it leads elsewhere, hides, can't be read by people, or means that the drop is unfinished.
    """
    if not name or len(name.encode("utf-8", "surrogateescape")) > NAME_BYTES:
        raise RefusedError(
            400, f"name: expected a file name of at most {NAME_BYTES} bytes, such as drop.zip; add ?name=drop.zip"
        )
    if "/" in name or "\\" in name or name in (".", "..") or shown(name) != name or not name.isprintable():
        raise RefusedError(
            400, "name: expected a file name alone, found a path or characters that can't be seen; rename it"
        )
    if not is_drop_name(name):
        raise RefusedError(
            400, "name: expected that of a drop, found one that stands for unfinished files or markers; rename it"
        )
    return name


async def _store(request: Request, settings: Settings, name: str) -> tuple[int, str]:
    try:
        if await asyncio.to_thread(is_taken, settings.inbox, name):
            raise _taken(name)
        async with landing(settings.inbox, name) as write:
            async with asyncio.timeout(settings.upload_seconds):
                size, digest = await _write(request, settings, write)
            if not size:
                raise RefusedError(400, "expected a file as the request's body, found nothing")
    except TimeoutError:
        raise RefusedError(
            408, "expected a faster upload, found that it took too long or paused; send it again"
        ) from None
    except FileExistsError:
        raise _taken(name) from None
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        raise RefusedError(507 if full else 500, f"the inbox can't take it: {error.strerror}") from None
    except InputError as error:
        raise RefusedError(502, f"the inbox can't take it: {error}") from None
    return size, digest


async def _write(request: Request, settings: Settings, write: Write) -> tuple[int, str]:
    size, digest = 0, sha256()
    stream = request.stream()
    while True:
        try:
            async with asyncio.timeout(settings.upload_pause):
                piece = await anext(stream)
        except StopAsyncIteration:
            return size, digest.hexdigest()
        size += len(piece)
        if size > settings.upload_bytes:
            raise _too_large(settings)
        digest.update(piece)
        await write(piece)


def _too_large(settings: Settings) -> RefusedError:
    return RefusedError(
        413, f"expected at most {settings.upload_bytes:,} bytes, found more; split it, or raise upload_bytes"
    )


def _taken(name: str) -> RefusedError:
    return RefusedError(409, f"expected a new name, found {name} in the inbox; choose another")
