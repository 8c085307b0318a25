"""The catalogue of expectations: every module of `expectations.rules`, discovered."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

import polars as pl

from expectations.rule import Expectation
from schemas.errors import InputError


@cache
def catalogue() -> dict[str, Expectation]:
    """All expectations by code, in order of code. A file in `expectations.rules` is all it takes to add one."""
    folder = import_module("expectations.rules")

    found = [
        value
        for module in iter_modules(folder.__path__)
        for value in vars(import_module(f"{folder.__name__}.{module.name}")).values()
        if isinstance(value, Expectation)
    ]
    by_code = {each.code: each for each in sorted(found, key=lambda each: each.code)}
    if len(by_code) < len(found):
        raise RuntimeError("two expectations share a code; codes are never reused")
    return by_code


@cache
def by_type() -> dict[str, Expectation]:
    """All expectations by their type in a suite."""
    return {each.type: each for each in catalogue().values()}


def texts(more: Iterable[Expectation] = ()) -> pl.DataFrame:
    """What the expectations say of themselves, for outputs: (code, rule, severity, brief, why, remedy), all String.

    Args:
        more: expectations besides those of the catalogue; a suite may have some of Great Expectations'.
    """
    known = {each.code: each for each in (*catalogue().values(), *more)}
    rows = [
        (each.code, each.name, each.severity, each.brief, each.section("Why it matters"), each.section("What to do"))
        for each in known.values()
    ]
    columns = ("code", "rule", "severity", "brief", "why", "remedy")
    return pl.DataFrame(rows, schema=dict.fromkeys(columns, pl.String), orient="row")


def look_up(code: str) -> Expectation:
    """The expectation with this code or name.

    Raises:
        InputError: if there is none, with the nearest spelling.
    """
    names = {each.name: each for each in catalogue().values()}
    found = catalogue().get(code.upper()) or names.get(code.removeprefix("expect_"))
    if found is None:
        near = get_close_matches(code, [*catalogue(), *names], n=1)
        hint = f"; use {near[0]}" if near else "; `turnproof rules` lists them"
        raise InputError(f'expected the code or name of an expectation, found "{code}"{hint}')
    return found
