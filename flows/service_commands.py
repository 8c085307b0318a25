"""Commands of who runs Turnproof as a service: publish, report, serve, doctor."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from flows.options import SiteFolder, StoreFolder, SuiteName, settings_of
from schemas.errors import InputError

Text = Literal["full", "masked", "none"]


def publish(
    store: StoreFolder = None,
    site: SiteFolder = None,
    text: Annotated[
        Text | None, typer.Option(help="How much of the transcripts' text it contains.", show_default=False)
    ] = None,
    show: Annotated[bool, typer.Option("--open", help="Open it in the browser.")] = False,
) -> None:
    """Rebuild the site from the store; pages that did not change are left alone.

    Example: turnproof publish --site public/turnproof --open
    """
    settings = settings_of(store=store, site=site, text=text)
    from flows.publishing import publish as publish_site
    from schemas.places import link, told
    from schemas.store import Store

    place = Store(settings.store)
    if not place.exists:
        raise InputError(
            f"{told(settings.store)}: expected a store, found nothing there; judge a drop with `turnproof run`"
        )
    index = publish_site(place, settings.site_folder, settings.text_at(settings.site_folder))
    print(told(index))
    if show:
        import webbrowser

        if not webbrowser.open(link(index)):
            raise InputError("--open: expected a browser, found none that can be started; open the file that is named")


def report(
    drop: Annotated[str, typer.Argument(help="Name of a drop, or id of a run.")],
    out: Annotated[
        Path | None, typer.Option(help="The file; report-DROP.html in this folder by default.", show_default=False)
    ] = None,
    text: Annotated[Text, typer.Option(help="How much of the transcripts' text it tells.")] = "masked",
    store: StoreFolder = None,
) -> None:
    """Write one HTML file on a drop, to mail to whoever supplied it: what was found where, and what to do.

    Example: turnproof report seeds --out for-the-supplier.html
    """
    settings = settings_of(store=store)
    from flows.mailing import write_report
    from schemas.places import told
    from schemas.store import Store

    place = Store(settings.store)
    if not place.exists:
        raise InputError(
            f"{told(settings.store)}: expected a store, found nothing there; judge a drop with `turnproof run`"
        )
    print(write_report(place, drop, text, out))


def serve(
    store: StoreFolder = None,
    site: SiteFolder = None,
    suite: SuiteName = None,
    inbox: Annotated[
        Path | None,
        typer.Option("--inbox", help="Folder or address where drops arrive; inbox by default.", show_default=False),
    ] = None,
    host: Annotated[
        str | None, typer.Option("--host", help="Address of the dashboards; 127.0.0.1 by default.", show_default=False)
    ] = None,
    port: Annotated[int | None, typer.Option("--port", help="Their port; 8440 by default.", show_default=False)] = None,
) -> None:
    """Judge drops as they arrive and every night, and serve the dashboards, until stopped.

    Exit status: 0 stopped by a signal; 2 it could not start.

    Example: turnproof serve --inbox inbox
    """
    settings = settings_of(store=store, site=site, suite=suite, inbox=inbox, host=host, port=port)
    from expectations.suite import load_suite
    from flows.dask_workers import check_installed

    # A slip of the pen is told before a server is started for it.
    load_suite(settings.suite)
    check_installed(settings.dask)
    from flows.service import serve as serve_until_stopped

    serve_until_stopped(settings)


def nightly(
    store: StoreFolder = None,
    site: SiteFolder = None,
    suite: SuiteName = None,
    inbox: Annotated[
        Path | None,
        typer.Option("--inbox", help="Folder or address where drops arrive; inbox by default.", show_default=False),
    ] = None,
) -> None:
    """Do now what the service does every night, without Prefect: judge what is new in the inbox, tend the store.

    For cron and the like. Nobody is notified; the exit status tells.

    Exit status: 0 done, or nothing to do; 2 some of it could not be done.

    Example: turnproof nightly --inbox inbox
    """
    settings = settings_of(store=store, site=site, suite=suite, inbox=inbox)
    import asyncio
    from datetime import UTC, datetime

    from expectations.suite import load_suite
    from flows.pipeline import Result, run_drop
    from flows.sweeping import sweep
    from flows.upkeep import lines, tend
    from schemas.places import absolute, told
    from schemas.store import Store

    policy, swept = load_suite(settings.suite), datetime.now(UTC)

    async def judge(drop: Path) -> Result:
        return await asyncio.to_thread(run_drop, drop, Store(settings.store), policy, settings.site_folder)

    found = asyncio.run(sweep(settings, judge))
    done = tend(settings, swept)
    for result in found.results:
        if result.row is not None:
            print(f"{result.plan.drop}: gate {result.row['gate']}: {result.row['gate_reason']}")
            print(f"Report: {told(absolute(result.report))}")
    drops, *others = found.counts.items()
    counts = [f"{drops[1]:,} drop{'s' * (drops[1] != 1)}", *(f"{count:,} {name}" for name, count in others if count)]
    print(f"inbox: {', '.join(counts)}")
    print(*lines(done), sep="\n")
    for sentence in [*found.busy, *found.failed, *done.failed]:
        print(f"turnproof: {sentence}", file=sys.stderr)
    raise typer.Exit(2 if found.failed or done.failed else 0)


def doctor(store: StoreFolder = None, site: SiteFolder = None) -> None:
    """Tell what is installed, reachable and writable, and how to mend what is not.

    Exit status: 0 all is well, 1 something is not.

    Example: turnproof doctor
    """
    flags = {"store": store, "site": site}
    settings = settings_of(**flags)
    from flows.doctor import examine

    findings = list(examine(settings, flags))
    for finding in findings:
        print(f"{'ok ' if finding.well else 'BAD'}  {finding.what}")
    raise typer.Exit(int(not all(finding.well for finding in findings)))
