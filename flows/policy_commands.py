"""Commands about the policy; what they do is in the modules that they import when they are called."""

from __future__ import annotations

import sys
from datetime import date
from typing import Annotated, Literal

import typer

from flows.options import Repairs, SiteFolder, StoreFolder, SuiteName, settings_of
from reports.visible import visible_line
from schemas.errors import BusyError, InputError

SuiteFormat = Literal["text", "jsonl", "yaml"]


def suite(
    suite: SuiteName = None,
    output_format: Annotated[SuiteFormat, typer.Option(help="yaml prints a whole suite file.")] = "text",
) -> None:
    """Show the suite in force: what runs, with which thresholds, and where each value comes from.

    Example: turnproof suite --suite human
    """
    from expectations.suite import load_suite
    from flows.policy import show_suite

    show_suite(load_suite(settings_of(suite=suite).suite), output_format, sys.stdout)


def waive(
    code: Annotated[str | None, typer.Argument(help="Code of the expectation.", show_default=False)] = None,
    transcript: Annotated[
        str | None, typer.Argument(help="Id of the transcript, or path of the source.", show_default=False)
    ] = None,
    turn: Annotated[int | None, typer.Option(help="Only in this turn, counted from 0.", show_default=False)] = None,
    pattern: Annotated[
        str | None, typer.Option(help="Only where this text stands in the evidence.", show_default=False)
    ] = None,
    reason: Annotated[str | None, typer.Option(help="Why the finding may stand.", show_default=False)] = None,
    by: Annotated[str | None, typer.Option(help="Who says so.", show_default=False)] = None,
    until: Annotated[str | None, typer.Option(help="The last day on which it counts.", show_default=False)] = None,
    show: Annotated[bool, typer.Option("--list", help="Show all waivers and their history.")] = False,
    export: Annotated[bool, typer.Option("--export", help="Print a file for `check --waivers`.")] = False,
    revoke: Annotated[str | None, typer.Option(help="Take this waiver back.", show_default=False)] = None,
    store: StoreFolder = None,
) -> None:
    """Let a finding stand, with a reason, a name and a last day; `run` honours it, and so does `check --waivers`.

    Example: turnproof waive C401 a.txt --turn 49 --reason "it is quoted" --by Ann --until 2027-06-30
    """
    from expectations.catalogue import look_up
    from expectations.waivers import Waiver
    from flows import waiving
    from schemas.store import Store

    place = Store(settings_of(store=store).store)
    if show:
        for line in waiving.listed(place):
            print(visible_line(line))
    elif export:
        sys.stdout.write(waiving.exported(place))
    elif revoke is not None:
        waiving.revoke(place, revoke, _given("--by", by))
        print(f"{revoke} is revoked")
    else:
        if turn is not None and not 0 <= turn < 2**32:
            raise InputError(f"--turn: expected the number of a turn, counted from 0, found {turn}; see the report")
        day = _given("--until", until)
        try:
            last = date.fromisoformat(day)
        except ValueError:
            raise InputError(f'--until: expected a day such as 2026-12-31, found "{day}"; write it so') from None
        waiver = Waiver(
            look_up(_given("CODE", code)).code,
            _given("TRANSCRIPT", transcript),
            turn,
            pattern or None,
            _given("--reason", reason),
            _given("--by", by),
            last,
        )
        waiving.grant(place, waiver)
        print(f"{waiver.id} waives {waiver.code} for {visible_line(waiver.transcript)} until {waiver.until}")


def requeue(
    transcripts: Annotated[
        list[str] | None, typer.Argument(help="Ids of quarantined transcripts.", show_default=False)
    ] = None,
    run: Annotated[str | None, typer.Option(help="All that this run quarantined.", show_default=False)] = None,
    every: Annotated[bool, typer.Option("--all", help="All that is in quarantine.")] = False,
    suite: SuiteName = None,
    store: StoreFolder = None,
    site: SiteFolder = None,
    repair: Repairs = None,
) -> None:
    """Judge quarantined transcripts again, from their turns as they were read, under today's suite and waivers.

    Exit status: 0 done, or nothing new to judge; 2 the work could not be done.

    Example: turnproof requeue --all --suite human
    """
    if (bool(transcripts), run is not None, every).count(True) != 1:
        found = "several" if transcripts or run is not None or every else "none"
        raise InputError(f"expected transcripts, --run RUN or --all, found {found} of them; name one of the three")
    settings = settings_of(suite=suite, store=store, site=site)
    from expectations.suite import load_suite
    from flows.held import Choice
    from flows.requeue import requeue as judge_again
    from flows.requeue import told
    from flows.waiving import counting, expired
    from schemas.store import Store

    policy = load_suite(settings.suite).changed(repairs=repair or [])
    place = Store(settings.store)
    for each in counting(place)[1]:
        print(f"turnproof: {visible_line(expired(each))}; it is left out", file=sys.stderr)
    for result in judge_again(place, policy, settings.site_folder, Choice(tuple(transcripts or ()), run)):
        if isinstance(result, BusyError):
            # Whoever holds the drop is at work on it.
            print(f"turnproof: {visible_line(str(result))}", file=sys.stderr)
        else:
            for line in told(result):
                print(visible_line(line))


def _given(name: str, value: str | None) -> str:
    if value is None or not value.strip():
        raise InputError(
            f"{name}: expected a value, found nothing; a waiver needs a code, a transcript, --reason, --by and --until"
        )
    return value
