"""Commands that tell what there is: expectations and formats."""

from __future__ import annotations

import inspect
from typing import Annotated

import typer


def rules() -> None:
    """List all expectations: code, severity by default, name, and what is wrong where they are violated.

    Example: turnproof rules | grep critical
    """
    from expectations.catalogue import catalogue

    for each in catalogue().values():
        print(f"{each.code}  {each.severity:<8}  {each.name}: {each.brief}")


def explain(code: Annotated[str, typer.Argument(help="Code or name of an expectation.")]) -> None:
    """Explain an expectation: why it matters, what to do, its thresholds and where they come from.

    Example: turnproof explain C401
    """
    from expectations.catalogue import look_up

    found = look_up(code)
    print(f"{found.code} {found.name} ({found.severity}, {found.scope})\n")
    print(inspect.cleandoc(found.rule.__doc__ or ""))
    if found.thresholds:
        print("\nDefaults:")
    for name, value in found.thresholds.items():
        print(f"    {name} = {value!r}")


def formats() -> None:
    """List the formats that transcripts are read from, and how each is told.

    Example: turnproof formats
    """
    from schemas.format import formats as known

    for each in known().values():
        print(f"{each.name:<16}  {each.brief}")
