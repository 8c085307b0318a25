"""A realistic history: thirty nightly drops of sound dialogues with planted defects, judged and published.

``python -m tests.benches.history FOLDER [--drops N] [--each N]`` makes the drops, the store and the site under FOLDER;
``--screenshots FOLDER`` photographs the site with Debian's chromium, for the README. The same arguments make the same
drops; a folder that holds a store already is only published and photographed again.
"""

from __future__ import annotations

import argparse
import random
from base64 import b64decode
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest.mock import patch

import flows.finishing
from expectations.suite import load_suite
from flows.pipeline import run_drop
from flows.publishing import publish
from schemas.store import Store
from tests.accuracy.planting import Defect, planted
from tests.accuracy.sound import HELPERS, Dialogue, Turn, cut, labelled

FIRST_NIGHT = datetime(2026, 10, 20, 3, 0, tzinfo=UTC)
USUAL, BAD = 0.04, 0.16
"""Share of dialogues with a defect: on most nights, and on those when a server failed."""

BAD_NIGHTS = {11: ("C401", "C402"), 12: ("C401",), 24: ("C410", "C411"), 29: ("C404", "C409")}
"""Nights with more of some codes than usual; the last one is today."""


def make_drop(folder: Path, night: int, each: int) -> None:
    """Write the dialogues of one night; every tenth night brings a few of the night before again."""
    rng = random.Random(night)
    defects, _ = planted()
    often = [defect for defect in defects if defect.code in BAD_NIGHTS.get(night, ())]
    folder.mkdir(parents=True)
    for number in range(rng.randrange(each * 4 // 5, each * 6 // 5)):
        name, data = _dialogue(rng, defects, often, f"{number:03}")
        (folder / name).write_bytes(data)
    if night % 10 == 9:
        before = folder.with_name(_name(night - 1))
        for path in sorted(before.glob("*.txt"))[:4]:
            (folder / f"again-{path.name}").write_bytes(path.read_bytes() + b"\n")
    if night in (6, 20):
        (folder / "notes.pdf").write_bytes(b"%PDF-1.7\n")


def _dialogue(rng: random.Random, defects: list[Defect], often: list[Defect], name: str) -> tuple[str, bytes]:
    dialogue = _fresh(rng)
    some = often if often and rng.random() < BAD else defects if rng.random() < USUAL else []
    if some:
        where = rng.choice(some).plant(dialogue, rng)
        if where.source is not None:
            return f"{name}-{dialogue.voice.removesuffix('.txt')}{where.source.suffix}", where.source.data
    return f"{name}-{dialogue.voice.removesuffix('.txt')}.txt", labelled(dialogue).encode()


def _fresh(rng: random.Random) -> Dialogue:
    """A dialogue that hardly recurs: a piece of one, and its speakers going on with a piece of another."""
    while True:
        one, other = (cut(rng) for _ in range(2))
        alike = (one.speakers[0] in HELPERS) == (other.speakers[0] in HELPERS)
        if alike and one.voice != other.voice and not {one.voice[-3:], other.voice[-3:]} & {"_de", "_es", "_zh"}:
            break
    names = dict(zip(other.speakers, one.speakers, strict=True))
    going_on = other.turns[one.turns[-1].speaker == names[other.turns[0].speaker] :]
    one.turns += [Turn(names[turn.speaker], turn.text) for turn in going_on]
    return one


def make(folder: Path, drops: int, each: int) -> Path:
    """Make and judge the drops that are missing, publish, and return the path of the front page."""
    store, suite = Store(folder / "store"), load_suite()
    done = 0 if not store.root.exists() else len(store.runs())
    for night in range(done, drops):
        drop = folder / "inbox" / _name(night)
        make_drop(drop, night, each)
        finished = FIRST_NIGHT + timedelta(days=night, seconds=random.Random(night).randrange(20, 90))
        with patch.object(flows.finishing, "datetime") as clock, patch("flows.pipeline.datetime") as started:
            clock.now.return_value = finished
            started.now.return_value = FIRST_NIGHT + timedelta(days=night)
            run_drop(drop, store, suite, folder / "site")
    return publish(store, folder / "site")


def _name(night: int) -> str:
    return f"{FIRST_NIGHT + timedelta(days=night):%Y-%m-%d}"


def photograph(index: Path, folder: Path) -> None:
    """A picture of each kind of page."""
    from playwright.sync_api import Page, sync_playwright

    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 1000}, color_scheme="light")
        page.clock.set_fixed_time(FIRST_NIGHT + timedelta(days=29, hours=3, minutes=10))

        def take(name: str, page: Page, at: str = "h1") -> None:
            page.evaluate(
                "at => scrollTo(0, document.querySelector(at).getBoundingClientRect().top + scrollY - 80)", at
            )
            session = page.context.new_cdp_session(page)
            taken = session.send("Page.captureScreenshot", {"format": "webp", "quality": 80})
            (folder / f"{name}.webp").write_bytes(b64decode(taken["data"]))

        def follow(link: str, place: int = 0) -> None:
            page.goto(str(page.locator(link).nth(place).evaluate("link => link.href")))

        page.goto(index.as_uri())
        take("home", page)
        follow(".lead a")
        take("drop", page)
        take("transcripts", page, "#transcripts")
        take("shapes", page, "#shapes")
        follow(".flagged th a", 1)
        take("transcript", page, ".turn.flagged")
        follow(".card a.code")
        take("expectation", page)
        browser.close()


def main() -> None:
    """Make, publish, photograph."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--drops", type=int, default=30)
    parser.add_argument("--each", type=int, default=90)
    parser.add_argument("--screenshots", type=Path)
    told = parser.parse_args()
    index = make(told.folder.resolve(), told.drops, told.each)
    print(index)
    if told.screenshots:
        photograph(index, told.screenshots)


if __name__ == "__main__":
    main()
