"""Options that commands share, and the settings that follow from them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from schemas.errors import InputError

if TYPE_CHECKING:
    from expectations.waivers import Waiver
    from flows.fixing import Target
    from flows.settings import Settings

Paths = Annotated[list[Path], typer.Argument(help="Files and folders; - reads standard input.", allow_dash=True)]
SuiteName = Annotated[
    str | None,
    typer.Option("--suite", help="Name of a suite, or path to one; synthetic by default.", show_default=False),
]
FormatName = Annotated[
    str | None,
    typer.Option("--format", help="Read everything as this one of `turnproof formats`.", show_default=False),
]
Repairs = Annotated[
    list[str] | None, typer.Option("--repair", help="Allow this repair too, such as strip_note; repeatable.")
]
StoreFolder = Annotated[
    Path | None, typer.Option("--store", help="Folder of the store; turnproof-store by default.", show_default=False)
]
SiteFolder = Annotated[
    Path | None, typer.Option("--site", help="Folder of the site; `site` in the store by default.", show_default=False)
]
DaskPlace = Annotated[
    str | None,
    typer.Option(
        "--dask", help="Judge on Dask: so many worker processes here, or a scheduler's address.", show_default=False
    ),
]


def settings_of(**flags: object) -> Settings:
    """The settings, with the flags that were given.

    Raises:
        InputError: if one is wrong or unknown.
    """
    from flows.settings import load_settings

    return load_settings(**flags)


def target_of(fix: bool, out: Path | None, in_place: bool, force: bool) -> Target | None:
    """Where mended copies go by the options of `turnproof check`; None where nothing is to be mended.

    Raises:
        InputError: if the options don't go together.
    """
    if not fix:
        for name, given in (("--out", out is not None), ("--in-place", in_place), ("--force", force)):
            if given:
                raise InputError(f"{name}: expected --fix beside it, found it alone; add --fix")
        return None
    if (out is None) != in_place:
        found = "both" if in_place else "neither"
        raise InputError(f"--fix: expected either --out DIR or --in-place, found {found}; name one")
    if force and in_place:
        raise InputError("--force: expected --out beside it, found --in-place; leave it out")
    from flows.fixing import Target

    return Target(out, force)


def waivers_of(path: Path | None) -> tuple[Waiver, ...]:
    """The waivers of a file that count; those that expired are told on standard error.

    Raises:
        InputError: if the file is wrong, with the line.
    """
    if path is None:
        return ()
    from flows.waiving import from_file

    found, sentences = from_file(path)
    for sentence in sentences:
        print(f"turnproof: {sentence}; it is left out", file=sys.stderr)
    return found
