"""What `turnproof report` does: one file on a drop, for whoever supplied it."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path

from reports.letter import letter
from reports.naming import page_name
from reports.rendering import Renderer
from reports.veil import Amount
from reports.visible import visible_line
from schemas.errors import InputError
from schemas.store import Store


def write_report(store: Store, drop: str, amount: Amount, out: Path | None) -> Path:
    """Write the report on the last run of a drop, and return its path.

    Args:
        store: where the run is.
        drop: the name of a drop, a path that ends with it, or the id of a run.
        amount: how much of the transcripts' text it tells.
        out: the file; `report-DROP.html` in this folder by default.

    Raises:
        InputError: if there is no such drop, or the file can't be written.
        StoreError: if the store can't be read.
    """
    run, name = _last(store, drop)
    path = out or Path(f"report-{page_name(name)}")
    page = Renderer({}, frozenset()).letter(letter(store, run, amount))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(page)
    except OSError as error:
        raise InputError(
            f"--out: expected a file to write the report to, found {path}: {error.strerror}; name another"
        ) from error
    return path


def _last(store: Store, drop: str) -> tuple[str, str]:
    """The last run that judged something of a drop, or else its last run, and the drop's name."""
    runs = store.runs()
    wanted = {drop, Path(drop).absolute().name}
    some = runs.filter((runs["drop"].is_in(list(wanted))) | (runs["run"] == drop))
    if some.is_empty():
        names = runs["drop"].unique().sort().to_list()
        near = get_close_matches(drop, names, n=1)
        hint = f"did you mean {visible_line(near[0])}?" if near else "judge it with `turnproof run`"
        raise InputError(f"{visible_line(drop)}: expected a drop that was judged, found none of this name; {hint}")
    judged = some.filter(some["transcripts"] + some["unreadable"] > 0)
    run, name = (some if judged.is_empty() else judged).select("run", "drop").rows()[-1]
    return run, name
