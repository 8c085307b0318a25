"""Do the same with many things: one after the other on disk, many at once in an object store."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

T = TypeVar("T")
R = TypeVar("R")

AT_ONCE: Final = 32
"""Requests under way at once: one takes some 20 ms, nearly all of it waiting."""


def for_each(function: Callable[[T], R], things: Iterable[T], *, remote: bool) -> list[R]:
    """What a function makes of things, in order; many at once where it waits for an object store."""
    if not remote:
        return [function(thing) for thing in things]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(function, things))
