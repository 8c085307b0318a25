"""The command line. Everything slow is imported by the command that needs it, so that `check` starts in a second."""

from __future__ import annotations

import gc
import os
import sys
from pathlib import Path
from typing import Annotated, Final, Literal

import typer

from flows import catalogue_commands, policy_commands, prefect_defaults, service_commands
from flows.options import (
    DaskPlace,
    FormatName,
    Paths,
    Repairs,
    SiteFolder,
    StoreFolder,
    SuiteName,
    settings_of,
    target_of,
    waivers_of,
)
from flows.progress import progress
from schemas.errors import BusyError, InputError, TurnproofError

DEFAULT_SUITE: Final = "synthetic"

ALLOCATOR: Final = "dirty_decay_ms:-1,muzzy_decay_ms:-1,narenas:1"
"""Of Polars' memory, read when it is imported: what a batch frees is kept for the next one. Else it goes back to the
system half a second later (of large pieces at once), which then clears it again page by page: a fifth of all processor
time. One arena for all threads, as what a thread has freed would not be used by another: a sixth of all memory."""

ARROW: Final = "system"
"""Where PyArrow has its memory from. Its own pool keeps what a piece of Parquet has freed, a fifth of all memory."""

GARBAGE: Final = 200_000
"""So many new objects before Python looks for rings among them that nobody holds; by default 700. To start makes
70,000, nearly all of which stay: to look them through is a twentieth of what that takes."""

app = typer.Typer(
    help="Proof-reads conversation transcripts before anyone trains on them, analyses them or shows them to people.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

OutputFormat = Literal["text", "jsonl", "sarif", "junit", "github"]
RosterFormat = Literal["text", "jsonl"]
FailOn = Literal["critical", "warning", "info", "never"]


def main() -> None:
    """Run the command line; what a person can mend is one sentence on standard error, and exit status 2."""
    os.environ.setdefault("_RJEM_MALLOC_CONF", ALLOCATOR)
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", ARROW)
    gc.set_threshold(GARBAGE)
    reconfigure = getattr(sys.stdout, "reconfigure", None)
    if reconfigure is not None:
        # Transcripts hold every script, whatever the terminal's locale.
        reconfigure(encoding="utf-8", errors="backslashreplace")
    try:
        app()
    except KeyboardInterrupt:
        print("turnproof: stopped; what was begun is finished by the next run", file=sys.stderr)
        sys.exit(130)
    except TurnproofError as error:
        print(f"turnproof: {error}", file=sys.stderr)
        sys.exit(2)
    except BrokenPipeError:
        # Whoever read our output has had enough; leave the interpreter nothing to flush.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    finally:
        # Else Python looks through all that there is once more before it ends: a seventh of what a check of one takes.
        gc.freeze()


def _own_version() -> str:
    # Slow to import: it reads e-mails.
    from importlib.metadata import version

    return version("turnproof")


@app.callback(invoke_without_command=True)
def _version(
    show: Annotated[bool, typer.Option("--version", help="Show the version and exit.", is_eager=True)] = False,
) -> None:
    if show:
        print(_own_version())
        raise typer.Exit


@app.command()
def check(
    paths: Paths,
    suite: SuiteName = None,
    format_name: FormatName = None,
    output_format: Annotated[OutputFormat, typer.Option(help="How findings are printed.")] = "text",
    select: Annotated[
        list[str] | None, typer.Option(help="Only this code or group, such as S201 or C4; repeatable.")
    ] = None,
    ignore: Annotated[list[str] | None, typer.Option(help="Not this code or group; repeatable.")] = None,
    fail_on: Annotated[FailOn, typer.Option(help="Exit with 1 from this severity.")] = "critical",
    fix: Annotated[bool, typer.Option("--fix", help="Write mended copies to --out; what is left decides.")] = False,
    out: Annotated[Path | None, typer.Option(help="Folder for mended copies.", show_default=False)] = None,
    in_place: Annotated[bool, typer.Option("--in-place", help="Write over the sources instead.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Write over what is in --out.")] = False,
    repair: Repairs = None,
    waivers: Annotated[
        Path | None, typer.Option(help="File of waivers, as `waive --export` prints.", show_default=False)
    ] = None,
) -> None:
    """Find what is wrong with transcripts: no store, no server, and nothing written without --fix.

    Exit status: 0 nothing at or above --fail-on, 1 something, 2 the work could not be done.

    Example: turnproof check seeds/ --output-format jsonl
    """
    from expectations.catalogue import texts
    from expectations.suite import load_suite
    from flows.checking import check_paths, counted
    from reports.outputs import WITH_VERSION, write
    from schemas.columns import SEVERITIES

    policy = load_suite(suite or DEFAULT_SUITE).changed(
        select=select or [], ignore=ignore or [], repairs=repair or [], form=format_name
    )
    target = target_of(fix, out, in_place, force)
    waived = waivers_of(waivers)
    with progress("mending" if target else "checking") as observer:
        if target is None:
            found = check_paths(paths, policy, observer, waived)
        else:
            from flows.fixing import fix_paths

            fixed = fix_paths(paths, policy, target, observer, waived)
            found = fixed.checked
            for note in fixed.notes:
                print(f"turnproof: {note}", file=sys.stderr)
            print(f"{counted(len(fixed.written), 'source')} mended", file=sys.stderr)
    words = texts(check.expectation for check in policy.checks)
    number = _own_version() if output_format in WITH_VERSION else ""
    write(found.findings, output_format, catalogue=words, out=sys.stdout, version=number)
    sys.stdout.flush()
    print(found.summary, file=sys.stderr)
    for code, reason in found.failures.items():
        print(f"turnproof: {code} could not be evaluated: {reason}", file=sys.stderr)
    grave = () if fail_on == "never" else SEVERITIES[SEVERITIES.index(fail_on) :]
    raise typer.Exit(int(found.standing["severity"].is_in(list(grave)).any()))


@app.command()
def turns(
    paths: Paths,
    suite: SuiteName = None,
    format_name: FormatName = None,
    roster: Annotated[bool, typer.Option("--roster", help="Show who speaks instead: labels, roles, and why.")] = False,
    output_format: Annotated[
        RosterFormat | None, typer.Option(help="How the roster is printed; text by default.", show_default=False)
    ] = None,
) -> None:
    """Show how transcripts are read: one JSON object a turn, on a line each; or who speaks in them.

    Exit status: 0 all was read, 1 something was not (told on standard error), 2 the work could not be done.

    Example: turnproof turns seeds/ | head
    """
    from expectations.suite import load_suite
    from flows.checking import read_paths

    if output_format == "text" and not roster:
        raise InputError("expected --output-format text with --roster, found it alone; turns are printed as jsonl")
    policy = load_suite(suite or DEFAULT_SUITE).changed(form=format_name)
    trouble = False
    with progress("reading") as observer:
        for found, problems in read_paths(paths, policy, observer, who=roster):
            if roster and output_format != "jsonl":
                from flows.who import show_labels

                show_labels(found)
            else:
                sys.stdout.write(found.write_ndjson())
            for path, line, detail in problems.iter_rows():
                trouble = True
                print(f"{path}:{line}: {detail}" if line else f"{path}: {detail}", file=sys.stderr)
    sys.stdout.flush()
    raise typer.Exit(int(trouble))


@app.command()
def run(
    drops: Annotated[
        list[Path] | None, typer.Argument(help="Drops to judge; all of the inbox if none is named.", show_default=False)
    ] = None,
    suite: SuiteName = None,
    format_name: FormatName = None,
    store: StoreFolder = None,
    site: SiteFolder = None,
    repair: Repairs = None,
    dask: DaskPlace = None,
) -> None:
    """Do the main job: judge what is new in drops, release the good, quarantine the rest, publish the report.

    Exit status: 0 done, or nothing to do; 2 the work could not be done.

    Example: turnproof run seeds
    """
    settings = settings_of(suite=suite, store=store, site=site, dask=dask)
    from expectations.suite import load_suite
    from flows.dask_workers import check as check_dask
    from flows.inbox import drops_in
    from flows.pipeline import check_drops
    from flows.pool import warm_up

    # A slip of the pen is told before a server is started for it.
    load_suite(settings.suite).changed(repairs=repair or [], form=format_name)
    check_dask(settings.dask)
    warm_up(check_drops(drops or ()))
    named = drops or drops_in(settings.inbox)
    prefect_defaults.apply()
    from flows.running import run_drops, show
    from flows.waiving import counting, expired
    from reports.visible import visible_line
    from schemas.store import Store

    for each in counting(Store(settings.store))[1]:
        print(f"turnproof: {visible_line(expired(each))}; it is left out", file=sys.stderr)
    waiting = "judging" if "PREFECT_API_URL" in os.environ else "starting Prefect's embedded server"
    with progress("judging", waiting) as observer:
        results = run_drops(named, settings, tuple(repair or ()), observer, format_name)
    failed = False
    for result in results:
        if isinstance(result, TurnproofError):
            print(f"turnproof: {result}", file=sys.stderr)
            # A drop that another run holds is being judged, by that run.
            failed |= not isinstance(result, BusyError)
        else:
            show(result, settings)
    raise typer.Exit(2 if failed else 0)


@app.command()
def join(
    paths: Paths,
    out: Annotated[Path, typer.Option(help="Folder for the joined files.")],
    force: Annotated[bool, typer.Option("--force", help="Write over what is in --out.")] = False,
) -> None:
    """Make one TextGrid of several that hold a speaker each: of all such in one drop, or of the files that are named.

    Example: turnproof join drop/ --out joined/
    """
    from flows.joining import join_paths

    for path, of in join_paths(paths, out, force=force):
        print(f"{path}: {' + '.join(of)}")


@app.command()
def gx(
    project: Annotated[Path, typer.Option(help="Folder of the project; made, or refreshed.")] = Path("turnproof-gx"),
    suite: SuiteName = None,
    store: StoreFolder = None,
) -> None:
    """Open the store in Great Expectations: a project in files with the store's tables, the suite and a checkpoint.

    Example: turnproof gx --project turnproof-gx
    """
    settings = settings_of(suite=suite, store=store)
    from expectations.suite import load_suite

    policy = load_suite(settings.suite)
    from expectations.gx.transcripts.project import how_to_go_on, open_project
    from schemas.store import Store

    open_project(Store(settings.store), policy, project)
    print(how_to_go_on(policy, project))


app.command()(catalogue_commands.rules)
app.command()(policy_commands.suite)
app.command()(policy_commands.waive)
app.command()(policy_commands.requeue)
app.command()(service_commands.publish)
app.command()(service_commands.report)
app.command()(service_commands.serve)
app.command()(service_commands.nightly)
app.command()(service_commands.doctor)
app.command()(catalogue_commands.explain)
app.command()(catalogue_commands.formats)
