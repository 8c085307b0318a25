"""What `turnproof waive` does: grant and revoke waivers in the store, list and export them."""

from __future__ import annotations

from dataclasses import asdict, fields
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from expectations.waivers import Waiver, read_waivers
from schemas.errors import InputError
from schemas.stored import STORED

if TYPE_CHECKING:
    from schemas.store import Store

_FIELDS: Final = [field.name for field in fields(Waiver)]


def grant(store: Store, waiver: Waiver) -> None:
    """Keep a waiver; one that counts already stays as it is.

    Raises:
        InputError: if it is expired already.
        StoreError: if the store can't be written.
    """
    if not waiver.counts():
        raise InputError(f"--until: expected a day that is not over, found {waiver.until}; name a later one")
    if waiver.id not in set(current(store)["waiver"]):
        _keep(store, waiver, "granted", waiver.by)


def revoke(store: Store, name: str, by: str) -> None:
    """Take a waiver back; its history stays.

    Raises:
        InputError: if there is none of this name.
        StoreError: if the store can't be written.
    """
    found = current(store).filter(waiver=name)
    if found.is_empty():
        raise InputError(f"--revoke: expected a waiver that stands, found {name}; `turnproof waive --list` shows them")
    _keep(store, _waivers(found)[0], "revoked", by)


def history(store: Store) -> pl.DataFrame:
    """All that happened to waivers, oldest first; see `schemas.waivers`."""
    return store.scan("waivers").sort("at", "waiver", "event").collect()


def current(store: Store) -> pl.DataFrame:
    """The waivers that nobody revoked, expired or not, oldest first."""
    last = history(store).group_by("waiver", maintain_order=True).last()
    return last.filter(pl.col("event") == "granted").select(STORED["waivers"].names())


def counting(store: Store) -> tuple[tuple[Waiver, ...], tuple[Waiver, ...]]:
    """The waivers of a store that count today, and those that expired."""
    found = sorted(_waivers(current(store)), key=lambda each: each.id)
    return tuple(each for each in found if each.counts()), tuple(each for each in found if not each.counts())


def from_file(path: Path) -> tuple[tuple[Waiver, ...], tuple[str, ...]]:
    """The waivers of a file that count today, and a sentence for each that expired.

    Raises:
        InputError: if the file is wrong, with the line.
    """
    found = read_waivers(path)
    return (
        tuple(each for each, _ in found if each.counts()),
        tuple(f"{place}: {expired(each)}" for each, place in found if not each.counts()),
    )


def expired(waiver: Waiver) -> str:
    """A sentence about a waiver that no longer counts."""
    return (
        f"expected a waiver that counts, found that of {waiver.code} for {waiver.transcript} expired on {waiver.until}"
    )


def exported(store: Store) -> str:
    """The waivers that nobody revoked, as a file for `turnproof check --waivers`."""
    import yaml  # noqa: PLC0415 - only this needs it

    listed = [
        {name: value for name, value in asdict(each).items() if value is not None} for each in _waivers(current(store))
    ]
    return str(yaml.safe_dump({"waivers": listed}, sort_keys=False, allow_unicode=True, width=120))


def listed(store: Store, today: date | None = None) -> list[str]:
    """The history of waivers in lines for people."""
    standing = set(current(store)["waiver"])
    lines: list[str] = []
    for row in history(store).iter_rows(named=True):
        waiver = _waiver(row)
        where = waiver.transcript if waiver.turn is None else f"{waiver.transcript}, turn {waiver.turn}"
        pattern = "" if waiver.pattern is None else f', where "{waiver.pattern}" stands'
        if row["event"] == "revoked":
            state = "revocation"
        elif row["waiver"] not in standing:
            state = "revoked"
        else:
            state = "counts" if waiver.counts(today) else "expired"
        lines.append(
            f"{row['waiver']}  {state:<10}  {waiver.code}  {where}{pattern}: {waiver.reason} "
            f"({row['by']}, {row['at']:%Y-%m-%d %H:%M} UTC, until {waiver.until})"
        )
    return lines


def _keep(store: Store, waiver: Waiver, event: str, by: str) -> None:
    row: dict[str, Any] = {"waiver": waiver.id, "event": event, **asdict(waiver), "by": by, "at": datetime.now(UTC)}
    store.prepare()
    frame = pl.DataFrame([row], schema=STORED["waivers"])
    store.append("waivers", frame, transaction=f"waiver:{waiver.id}:{len(history(store).filter(waiver=waiver.id))}")


def _waivers(rows: pl.DataFrame) -> list[Waiver]:
    return [_waiver(row) for row in rows.iter_rows(named=True)]


def _waiver(row: dict[str, Any]) -> Waiver:
    return Waiver(**{name: row[name] for name in _FIELDS})
