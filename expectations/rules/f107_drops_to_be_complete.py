"""F107: drops that are not all there."""

from __future__ import annotations

from typing import Final

import polars as pl

from expectations.drop import DROP_FOUND, Comparison, Drop, dropped
from expectations.rule import expectation
from schemas.manifest import Lack

_LISTED: Final = 1_000
"""So many findings at most; what a manifest names may be a million files, and one count tells as much."""


@expectation(
    "F107",
    "drops_to_be_complete",
    scope="drop",
    severity="critical",
    since="0.2",
    holds=[dropped(lacks=[]), dropped()],
    violated=[
        dropped(lacks=[Lack("SHA256SUMS", 3, "names c.txt, which is missing")]),
        dropped(lacks=[Lack("a.txt", None, "has grown to 4,096 bytes since the drop was listed")]),
    ],
)
def drops_to_be_complete() -> Comparison:
    """A manifest names a file that is missing or is another, or a file is still growing.

    Why it matters: a copy that broke off leaves a drop that looks sound, only smaller; what trains on it never learns
    what is missing, and the half of a file that was there is released as the whole.

    What to do: copy the drop again, or wait until it is written; only what is new in it is then judged. The finding
    quarantines nothing, since each transcript is judged by itself: the gate of the drop warns instead. Manifests are
    lists of checksums as `sha256sum` and its like write them (`SHA256SUMS`, `drop.md5`, BagIt's `manifest-sha256.txt`),
    tables of files (`manifest.json`, `manifest.csv`), and plain lists (`MANIFEST`); names count from the manifest's
    folder, and sizes and checksums are compared where it tells them. A manifest is no source: no transcript is looked
    for in it. A file is growing if it was written to between listing it and the end.
    """
    return Comparison(find=_find)


def _find(drop: Drop) -> pl.DataFrame | None:
    if drop.lacks is None:
        return None
    rows: list[tuple[object, ...]] = [
        (each.path, None, each.line, None, each.detail, None) for each in drop.lacks[:_LISTED]
    ]
    if len(drop.lacks) > _LISTED:
        rows.append((None, None, None, None, f"{len(drop.lacks) - _LISTED:,} more files are missing or growing", None))
    return pl.DataFrame(rows, schema=DROP_FOUND, orient="row")
