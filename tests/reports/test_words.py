"""Numbers, times, bars and names as people read them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from reports import words
from reports.naming import page_name
from reports.visible import shortened, spelled_if_hidden, visible_line, visible_text


@pytest.mark.parametrize(
    ("value", "total", "told"),
    [
        (0, 0, ""), (0, 9, "0 %"), (9, 9, "100 %"), (1, 3, "33.3 %"), (1, 100_000, "< 0.1 %"),
        (99_999, 100_000, "> 99.9 %"), (999, 1_000, "99.9 %"),
    ],
)  # fmt: skip
def test_shares_are_whole_only_where_exactly_so(value: int, total: int, told: str) -> None:
    assert words.share(value, total).replace("\u202f", " ") == told


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(0.84, "0.8 s"), (42, "42 s"), (63, "1 min 03 s"), (3599.7, "1 h 00 min"), (7500, "2 h 05 min")],
)
def test_durations(seconds: float, told: str) -> None:
    assert words.took(timedelta(seconds=seconds)) == told


def test_sizes_and_moments() -> None:
    assert [words.size(value) for value in (999, 25_513, 3_000_000_000_000)] == ["999 bytes", "25.5 kB", "3.0 TB"]
    assert words.when(datetime(2025, 11, 2, 3, 4, tzinfo=UTC)) == "2 Nov 2025, 03:04 UTC"
    assert [words.clock(value) for value in (5.9, 3723)] == ["0:05", "1:02:03"]
    assert words.counted(1, "source") == "1 source"
    assert words.counted(1_234, "source") == "1,234 sources"


def test_bars_are_full_and_show_even_the_smallest() -> None:
    bar = words.segments((("a", 1_000_000), ("b", 0), ("c", 1)))
    assert [(part.name, part.start, part.width) for part in bar] == [("a", 0, 991), ("c", 991, 9)]
    assert words.segments((("a", 0),)) == []


@pytest.mark.parametrize("name", ["../../etc/passwd", "a%2f#?.txt", "\n", "CON", "x" * 5_000, ".", "日本語"])
def test_page_names_are_safe(name: str) -> None:
    assert set(page_name(name)) <= set("abcdefghijklmnopqrstuvwxyz0123456789-.")
    assert not page_name(name).startswith((".", "-"))
    assert len(page_name(name)) < 100
    assert page_name(name) != page_name(name + " ")


def test_hidden_characters_are_spelled_out() -> None:
    assert visible_line("a\tb\nc\x1b[1m\u202e\u200b") == r"a\tb\nc<U+001B>[1m<U+202E><U+200B>"
    assert visible_text("a\tb\nc\r\u2028") == "a\tb\nc\\r<U+2028>"
    assert visible_text("می\u200cخواهم 👩\u200d👩") == "می\u200cخواهم 👩\u200d👩"
    assert spelled_if_hidden("\u200d\n") == r"<U+200D>\n"
    assert spelled_if_hidden("a\u200d") == "a\u200d"
    assert shortened("abcdef", 4) == "abc…"
