"""What `turnproof suite` shows: the policy in force, and where each of its values comes from."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import Final, Literal, NamedTuple, TextIO

from expectations.repair import repairs as known_repairs
from expectations.suite import Suite

SuiteFormat = Literal["text", "jsonl", "yaml"]

DEFAULT: Final = "the expectation's default"
BUILT_IN: Final = "Turnproof's default"
_ORIGIN_AT: Final = 72
"""The column where a value's origin is shown, if the value leaves room."""

_STYLES: Final = {"critical": "bold red", "warning": "yellow", "info": "blue"}


class Value(NamedTuple):
    """One value of a suite: what it is about, its name, and where it stands."""

    about: str
    setting: str
    value: object
    origin: str


def values(suite: Suite) -> Iterator[Value]:
    """Every value of a suite: name, expectations in order of code, roster, repairs, gates, and what is left out."""
    origins = suite.origins
    yield Value("suite", "name", suite.name, origins.get("name", BUILT_IN))
    for check in suite.checks:
        code = check.expectation.code
        yield Value(code, "on", True, origins.get(code, BUILT_IN))
        yield Value(code, "severity", check.severity, origins.get(f"{code}.severity", DEFAULT))
        for name, value in check.thresholds.items():
            yield Value(code, name, value, origins.get(f"{code}.{name}", DEFAULT))
    for key, origin in sorted(origins.items()):
        if key.startswith("without."):
            yield Value(key.removeprefix("without."), "on", False, origin)
    for role, labels in suite.roster.roles.items():
        yield Value("roster", role, list(labels), origins.get(f"roster.{role}", BUILT_IN))
    for name, value in asdict(suite.reading).items():
        yield Value("reading", name, value, origins.get(f"reading.{name}", BUILT_IN))
    yield Value("suite", "repairs", list(suite.repairs), origins.get("repairs", BUILT_IN))
    for name in ("warn", "fail"):
        yield Value("gates", name, getattr(suite, name), origins.get(f"gates.{name}", BUILT_IN))


def show_suite(suite: Suite, form: SuiteFormat, out: TextIO) -> None:
    """Print a suite: for people, as a JSON object a value, or as a suite file that holds everything."""
    if form == "yaml":
        import yaml  # noqa: PLC0415 - the other forms do without

        yaml.safe_dump(suite.as_content(), out, sort_keys=False, allow_unicode=True, width=120)
    elif form == "jsonl":
        for each in values(suite):
            out.write(json.dumps(each._asdict(), ensure_ascii=False) + "\n")
    else:
        _show_text(suite, out)


def _show_text(suite: Suite, out: TextIO) -> None:
    from rich.console import Console  # noqa: PLC0415 - slow, and only wanted here
    from rich.text import Text  # noqa: PLC0415 - likewise

    console = Console(file=out, highlight=False, soft_wrap=True)
    console.print(Text.assemble("Suite ", (suite.name, "bold"), f"  (digest {suite.digest})"))
    shown = ""
    for title, parts, origin in _lines(suite):
        if title != shown:
            shown = title
            console.print(Text(f"\n{title}", "bold"))
        text = Text.assemble(*parts)
        text.pad_right(max(2, _ORIGIN_AT - text.cell_len))
        console.print(text.append(origin, "dim"))


def _lines(suite: Suite) -> Iterator[tuple[str, list[tuple[str, str]], str]]:
    """The lines for people: the title they stand under, styled parts, and where the value stands."""
    all_values = list(values(suite))
    origins = {(each.about, each.setting): each.origin for each in all_values}
    for check in suite.checks:
        code = check.expectation.code
        severity = (f"  {check.severity:<8}", _STYLES[check.severity])
        yield "Expectations", [(code, "bold"), severity, (f"  {check.expectation.name}", "")], origins[code, "severity"]
        for name, value in check.thresholds.items():
            told = f"{' ' * 18}{name}: {json.dumps(value, ensure_ascii=False)}"
            yield "Expectations", [(told, "")], origins[code, name]
    for each in all_values:
        if each.setting == "on" and not each.value:
            yield "Switched off", [(each.about, "bold")], each.origin
    for role, labels in suite.roster.roles.items():
        yield "Roster", [(role, "bold"), (f": {', '.join(labels)}", "")], origins["roster", role]
    for name, value in asdict(suite.reading).items():
        yield "Reading", [(f"{name}: {json.dumps(value)}", "")], origins["reading", name]
    for name in suite.repairs:
        told = f" ({'safe' if known_repairs()[name].safe else 'unsafe'}) {known_repairs()[name].brief}"
        yield "Repairs", [(name, "bold"), (told, "")], origins["suite", "repairs"]
    if not suite.repairs:
        yield "Repairs", [("none", "")], origins["suite", "repairs"]
    for name, share in (("warn", suite.warn), ("fail", suite.fail)):
        yield "Gates", [(f"{name}s from {share:.0%} quarantined or unreadable", "")], origins["gates", name]
