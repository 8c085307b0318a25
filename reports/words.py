"""Numbers, times and bars as people read them; the filters of the templates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_THIN: Final = "\N{NARROW NO-BREAK SPACE}"
_BAR: Final = 1_000
_LEAST: Final = 8


@dataclass(frozen=True)
class Segment:
    """A part of a bar; a bar is 1,000 wide."""

    name: str
    count: int
    start: int
    width: int


def number(value: int) -> str:
    """1234567 as `1,234,567`."""
    return f"{value:,}"


def counted(value: int, noun: str) -> str:
    """`1 source`, `2 sources`."""
    return f"{value:,} {noun if value == 1 else noun + 's'}"


def share(value: int, total: int) -> str:
    """A percentage that is 0 or 100 only where it is exactly so; empty where there is nothing to share."""
    if not total:
        return ""
    percent = 100 * value / total
    if 0 < percent < 0.1:
        return f"<{_THIN}0.1{_THIN}%"
    if 99.9 < percent < 100:
        return f">{_THIN}99.9{_THIN}%"
    return f"{percent:.0f}{_THIN}%" if percent in (0, 100) else f"{percent:.1f}{_THIN}%"


def fraction(value: float) -> str:
    """A share of 1 as a percentage: `0 %`, `<0.1 %`, `12.5 %`."""
    if 0 < value < 0.001:
        return f"<{_THIN}0.1{_THIN}%"
    return f"{100 * value:.0f}{_THIN}%" if value in (0, 1) else f"{100 * value:.1f}{_THIN}%"


def size(value: int) -> str:
    """Bytes as `25.5 kB`."""
    amount = float(value)
    for unit in ("bytes", "kB", "MB", "GB"):
        if amount < 1000:
            return f"{amount:.0f} {unit}" if unit == "bytes" else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} TB"


def when(moment: datetime) -> str:
    """`22 Nov 2025, 03:00 UTC`; the store's times are UTC, and no locale changes the page."""
    return f"{day(moment)}, {hour(moment)}"


def day(moment: datetime) -> str:
    """`22 Nov 2025`."""
    return f"{moment.day} {_MONTHS[moment.month - 1]} {moment.year}"


def hour(moment: datetime) -> str:
    """`03:00 UTC`."""
    return f"{moment:%H:%M} UTC"


def iso(moment: datetime) -> str:
    """For the attribute `datetime` of `<time>`."""
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def took(span: timedelta) -> str:
    """`0.8 s`, `42 s`, `1 min 03 s`, `2 h 05 min`."""
    seconds = span.total_seconds()
    if seconds < 10:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02} s" if minutes else f"{rest} s"
    return f"{minutes // 60} h {minutes % 60:02} min"


def clock(seconds: float) -> str:
    """A time within a recording: `0:05`, `1:02:03`."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def segments(tally: tuple[tuple[str, int], ...]) -> list[Segment]:
    """The parts of a bar that are not empty; even the smallest stays wide enough to be seen."""
    present = [(name, count) for name, count in tally if count]
    total = sum(count for _, count in present)
    room = _BAR - _LEAST * len(present)
    result: list[Segment] = []
    start = passed = 0
    for place, (name, count) in enumerate(present, start=1):
        passed += count
        end = _LEAST * place + room * passed // total
        result.append(Segment(name, count, start, end - start))
        start = end
    return result
