"""The static site: a pure function of the store, written incrementally and atomically.

    index.html                              the newest runs, and what they tell
    archive/<n>.html, <n>.js                a hundred runs each, oldest first; full ones never change
    expectations/<code>.html                one expectation over the last runs; suites' own are among them
    runs/<run>/index.html                   one run of a drop
    runs/<run>/flagged-<n>.js               its flagged transcripts, for whoever sorts and filters them
    runs/<run>/summary.json                 what the pages of other runs need to know of it
    runs/<run>/transcripts/<slug>.html      one flagged transcript
    runs/<run>/downloads/                   its findings as files for other programs
    assets/                                 style sheets, scripts and icon, named after their content

A finished run never changes, so neither do its pages: a stamp in the folder of a run says from which row, which earlier
runs and which code the pages were made, and a run whose stamp still fits is passed over; of older runs, a hundred at
once. Pages across runs are made of summaries, and of the last runs only; what grows with the number of runs is to read
their rows. Nothing here knows what time it is.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import lru_cache, partial
from pathlib import Path
from typing import Final

import polars as pl

from reports import facts
from reports.downloads import FOLDER, write_downloads
from reports.files import code_digest, content, digest, listed, one_at_a_time, read, remove, write, writing
from reports.history import WINDOW, Summary, risen, trend
from reports.overview import Archive, ExpectationPage, Explained, HomePage, Seen
from reports.pages import Run, TranscriptPage
from reports.rendering import Renderer
from reports.tables import ROWS, flagged_scripts, run_rows, script
from reports.transcripts import Placed, placed, transcript_pages
from reports.veil import Amount, Veil
from schemas.store import Store

_HERE: Final = Path(__file__).parent
_ASSETS: Final = {
    "style": "turnproof.css",
    "pages": "turnproof-pages.css",
    "reading": "turnproof-reading.css",
    "script": "turnproof.js",
    "keys": "turnproof-keys.js",
    "tables": "turnproof-tables.js",
    "icon": "turnproof.svg",
}
_STAMP, _SUMMARY = "stamp", "summary.json"
_ARCHIVED: Final = 100
_ROSE: Final = 6

_Summaries = Callable[[str], Summary]
_Windows = Mapping[str, tuple[str, ...]]


Spread = Callable[[Callable[[Sequence[Placed]], None], Sequence[Sequence[Placed]]], AbstractContextManager[None]]
"""Has something done to each of several groups within its block, perhaps by other processes."""


@contextmanager
def _one_by_one(work: Callable[[Sequence[Placed]], None], groups: Sequence[Sequence[Placed]]) -> Generator[None]:
    for group in groups:
        work(group)
    yield


def publish(
    store: Store,
    site: Path,
    catalogue: Sequence[Explained] = (),
    text: Amount = "full",
    spread: Spread = _one_by_one,
) -> Path:
    """Write the pages of every finished run under the folder `site`, and return the path of its front page.

    Only files whose bytes change are written, each in one step, so that a reader never sees half a page; pages of runs
    that are no longer in the store are removed. What a page links to is written before it. Publishing again after a
    crash finishes the work.

    Args:
        store: where the runs are.
        site: the folder.
        catalogue: what is known of expectations; each gets a page.
        text: how much of the transcripts' text pages and downloads contain.
        spread: has pages of transcripts written while others are being made.

    Raises:
        InputError: if `site` can't be written to.
        StoreError: if the store can't be read.
    """
    with one_at_a_time(site):
        assets = _publish_assets(site / "assets")
        # Without those of suites: one that comes later changes no page of earlier runs.
        made_by = digest(f"{code_digest(_HERE)} {sorted(each.code for each in catalogue)} {text}".encode())
        forgotten = store.scan("forgotten").select("run").collect()
        finished = store.runs().join(forgotten, on="run", how="anti", maintain_order="left")
        requeued = facts.requeued(store, finished)
        runs = facts.runs(finished, requeued)
        windows = facts.windows(runs)
        catalogue = (*catalogue, *facts.of_suites(store, runs))
        codes = frozenset(each.code for each in catalogue)
        render = Renderer({name: path.name for name, path in assets.items()}, codes)

        @lru_cache(maxsize=4 * WINDOW)
        def summary(run: str) -> Summary:
            return Summary.load(read(site / "runs" / run / _SUMMARY))

        hundreds = tuple(_hundreds(finished, runs, made_by))
        for run in _unsettled(hundreds, site):
            before = windows[run.run]
            stamp = f"{made_by} {digest(f'{run!r} {before}'.encode())}\n".encode()
            folder = site / "runs" / run.run
            if content(folder / _STAMP) != stamp:
                _publish_run(store, run, requeued, [summary(each) for each in before], text, render, folder, spread)
                write(folder / _STAMP, stamp)
        _publish_catalogue(catalogue, runs, windows, summary, render, site / "expectations")
        archives = _publish_archive(hundreds, render, site / "archive")
        write(site / "index.html", render.home(_home(runs, windows, summary, archives)))
        remove(site / "runs", r"[0-9a-f]{16}", but={run.run for run in runs})
        remove(site / "assets", r"\.?turnproof[a-z-]*-[0-9a-f]{16}\..+", but={path.name for path in assets.values()})
    return site / "index.html"


def _publish_run(
    store: Store,
    run: Run,
    requeued: pl.DataFrame,
    before: list[Summary],
    text: Amount,
    render: Renderer,
    folder: Path,
    spread: Spread,
) -> None:
    told = facts.run_page(store, run, requeued, before)
    veil = Veil.over(text, told.outcomes)
    page = veil.run(told)
    outcomes = {outcome.code: outcome for outcome in page.outcomes}
    again = requeued.filter((pl.col("run") == run.run) | (pl.col("origin") == run.run))
    pages = partial(transcript_pages, store, run, outcomes, len(page.flagged), again, veil)
    with spread(partial(_write_pages, pages, render, folder / "transcripts"), placed(page.flagged)):
        scripts = dict(flagged_scripts(page.flagged))
        for name, data in scripts.items():
            write(folder / name, data)
        write(folder / _SUMMARY, page.summary.dump())
        files = write_downloads(
            store.scan_run("findings", run.run),
            page.outcomes,
            run.version,
            veil,
            lambda name, data: write(folder / FOLDER / name, data),
        )
        index = render.run(page, files)
    write(folder / "index.html", index)
    remove(folder, r"flagged-\d+\.js", but=set(scripts))
    remove(folder / "transcripts", r".+\.html(\.part)?", but={flagged.page for flagged in page.flagged})


def _write_pages(
    pages: Callable[[Sequence[Placed]], Iterator[TranscriptPage]],
    render: Renderer,
    folder: Path,
    group: Sequence[Placed],
) -> None:
    with writing() as write_soon:
        for page in pages(group):
            write_soon(folder / page.transcript.page, render.transcript(page))


def _publish_catalogue(
    catalogue: Sequence[Explained],
    runs: Sequence[Run],
    windows: _Windows,
    summary: _Summaries,
    render: Renderer,
    folder: Path,
) -> None:
    """The pages of expectations: each tells of the last runs, newest first, compared as on the pages of these."""
    last = [run for run in reversed(runs) if not run.requeue][:WINDOW]
    known = [(run, summary(run.run), [summary(each) for each in windows[run.run]]) for run in last]
    pages = [
        ExpectationPage(
            explained,
            tuple(
                Seen(run, now.fared.get(code), trend(code, before, now), now.fired.get(code, ()))
                for run, now, before in known
            ),
        )
        for explained in catalogue
        for code in (explained.code,)
    ]
    for page in pages:
        write(folder / f"{page.explained.code}.html", render.expectation(page))
    write(folder / "index.html", render.catalogue(tuple(pages)))
    remove(folder, r"([A-Z]\d+|GX_[A-Z0-9_]+)\.html", but={f"{page.explained.code}.html" for page in pages})


def _hundreds(finished: pl.DataFrame, runs: Sequence[Run], made_by: str) -> Iterator[tuple[Archive, bytes]]:
    """All runs, a hundred at a time, oldest first; each with a stamp that tells of all rows up to its last.

    So it tells what the pages of these runs are made of, too: their rows, which were judged again, and the runs before.
    """
    told = made_by
    for number, start in enumerate(range(0, len(runs), _ARCHIVED), start=1):
        some = runs[start : start + _ARCHIVED]
        again = [(run.run, run.requeue, run.requeued_by) for run in some if run.requeue or run.requeued_by]
        told = digest(f"{told} {finished[start : start + _ARCHIVED].write_json()} {again}".encode())
        yield Archive(number, tuple(reversed(some))), f"{told}\n".encode()


def _unsettled(hundreds: Sequence[tuple[Archive, bytes]], site: Path) -> Iterator[Run]:
    """The runs whose pages may have to be made, oldest first: none of a full hundred whose stamp fits."""
    there = listed(site / "runs")
    for each, stamp in hundreds:
        full = len(each.runs) == _ARCHIVED and there.issuperset(run.run for run in each.runs)
        if not (full and content(site / "archive" / f"{each.number}.{_STAMP}") == stamp):
            yield from reversed(each.runs)


def _publish_archive(hundreds: Sequence[tuple[Archive, bytes]], render: Renderer, folder: Path) -> tuple[Archive, ...]:
    """All runs, a hundred a page; newest first."""
    archives = [each for each, _ in hundreds]
    for each, stamp in hundreds:
        if content(folder / f"{each.number}.{_STAMP}") != stamp:
            write(folder / f"{each.number}.html", render.archive(each))
            write(folder / f"{each.number}.js", script("runs", each.number - 1, run_rows(each.runs)))
            write(folder / f"{each.number}.{_STAMP}", stamp)
    kept = {f"{each.number}.{kind}" for each in archives for kind in ("html", "js", _STAMP)}
    remove(folder, rf"\d+\.(html|js|{_STAMP})", but=kept)
    return tuple(reversed(archives))


def _home(runs: Sequence[Run], windows: _Windows, summary: _Summaries, archives: tuple[Archive, ...]) -> HomePage:
    shown = tuple(reversed(runs[-max(ROWS, 2 * WINDOW) :]))
    latest = next((run for run in shown if not run.requeue), None)
    before = [summary(each) for each in windows[latest.run]] if latest else []
    rose = risen(before, summary(latest.run), _ROSE) if latest and before else ()
    return HomePage(shown, len(runs), rose, len(before), archives)


def _publish_assets(folder: Path) -> dict[str, Path]:
    """Copy the assets under names that change with their content, so that browsers may keep them for ever."""
    assets: dict[str, Path] = {}
    for name, file in _ASSETS.items():
        data = (_HERE / "static" / file).read_bytes()
        stem, suffix = os.path.splitext(file)
        assets[name] = folder / f"{stem}-{digest(data)}{suffix}"
        write(assets[name], data)
    return assets
