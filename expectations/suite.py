"""Suites: which expectations run, with which thresholds and severities, and what follows from them.

A suite is a YAML file that is a valid Great Expectations suite (``name``, ``expectations`` with ``type``, ``kwargs``,
``severity`` and ``meta``); our own settings stand under ``meta.turnproof``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from difflib import get_close_matches
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, NoReturn, cast

import yaml

from expectations.catalogue import by_type, look_up
from expectations.repair import REPAIRS
from expectations.rule import Expectation, Severity
from schemas.columns import SEVERITIES
from schemas.errors import InputError, SuiteError
from schemas.format import AS_FOUND, ReadingOptions, formats
from schemas.merging import MERGES
from schemas.roster import Roster

FOLDER: Final = Path(__file__).parent / "suites"
DEFAULT: Final = "synthetic"
_MAX_BYTES: Final = 2**20
"""No suite is larger than this; YAML is parsed in Python, slowly."""


@dataclass(frozen=True)
class Check:
    """An expectation as a suite uses it."""

    expectation: Expectation
    thresholds: Mapping[str, Any]
    severity: Severity


@dataclass(frozen=True, eq=False)
class Suite:
    """A policy. Compare `digest`; the object itself is its identity, so that what follows from it can be kept.

    Attributes:
        name: as reports show it.
        checks: the expectations that run, in order of code.
        roster: labels and their roles.
        repairs: names of the repairs that may be made.
        reading: how sources are read: what merges, and whether with one format only.
        warn, fail: share of transcripts and sources without a release, from which a drop's gate warns or fails.
    """

    name: str
    checks: tuple[Check, ...]
    roster: Roster
    repairs: tuple[str, ...]
    warn: float
    fail: float
    reading: ReadingOptions = AS_FOUND

    @cached_property
    def digest(self) -> str:
        """16 hexadecimal digits that change with anything that can change a verdict."""
        checks = [(each.expectation.code, dict(each.thresholds), each.severity) for each in self.checks]
        told = [checks, dict(self.roster.roles), self.repairs, self.warn, self.fail, asdict(self.reading)]
        return sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:16]

    def changed(
        self,
        *,
        select: Sequence[str] = (),
        ignore: Sequence[str] = (),
        repairs: Sequence[str] = (),
        form: str | None = None,
    ) -> Suite:
        """This suite with only the codes in `select`, without those in `ignore`, with more `repairs`, for one format.

        Codes may be shortened to a group: ``C`` or ``C4``.

        Raises:
            InputError: if a code fits no expectation, or a repair or a format doesn't exist.
        """
        if form is not None and form not in formats():
            raise InputError(f'expected a format, found "{form}"; {_near_format(form)}')
        for code in (*select, *ignore):
            if not any(_fits(check, [code]) for check in self.checks):
                look_up(code)
        for name in repairs:
            if name not in REPAIRS:
                raise InputError(f'expected a repair ({", ".join(REPAIRS)}), found "{name}"{_near(name, REPAIRS)}')
        kept = [check for check in self.checks if (not select or _fits(check, select)) and not _fits(check, ignore)]
        return replace(
            self,
            checks=tuple(kept),
            repairs=tuple(dict.fromkeys((*self.repairs, *repairs))),
            reading=replace(self.reading, format=form or self.reading.format),
        )


def load_suite(name: str = DEFAULT) -> Suite:
    """The suite of this name that comes with Turnproof, or that a YAML file at this path holds.

    Raises:
        SuiteError: if there is none, or it is wrong: with file, line, what was expected, what was found.
    """
    shipped = FOLDER / f"{name}.yaml"
    path = shipped if shipped.is_file() and not Path(name).is_file() else Path(name)
    try:
        with path.open("rb") as file:
            data = file.read(_MAX_BYTES + 1)
    except OSError as error:
        known = sorted(each.stem for each in FOLDER.glob("*.yaml"))
        raise SuiteError(
            f"{name}: expected a suite ({', '.join(known)}) or a path to one, found {error.strerror or 'neither'}"
        ) from None
    if len(data) > _MAX_BYTES:
        raise SuiteError(f"{name}: expected a suite of at most 1 MiB, found a larger file; is it the right one?")
    return _Reader(path.name if path == shipped else name).read(data)


class _Reader:
    """Reads one suite, and says at which line it is wrong."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.lines: dict[tuple[str | int, ...], int] = {}

    def read(self, data: bytes) -> Suite:
        try:
            text = data.decode()
            node = yaml.compose(text, Loader=yaml.SafeLoader)
            self._note_lines(node, ())
            content = yaml.safe_load(text)
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            line = mark.line + 1 if mark else 1
            found = getattr(error, "problem", None) or "something else"
            raise SuiteError(f"{self.name}:{line}: expected YAML, found that {found}; mend the line") from None
        except (UnicodeDecodeError, RecursionError):
            raise SuiteError(f"{self.name}:1: expected YAML in UTF-8, found something else; mend the file") from None
        suite = self._mapping(content, (), ("name", "expectations", "meta", "id", "notes", "suite_parameters"))
        meta = self._mapping(suite.get("meta"), ("meta",), None)
        ours = self._mapping(meta.get("turnproof"), ("meta", "turnproof"), ("roster", "repairs", "gates", "reading"))
        gates = self._mapping(ours.get("gates"), ("meta", "turnproof", "gates"), ("warn", "fail"))
        name = suite.get("name")
        if not isinstance(name, str) or not name:
            self._fail(("name",), "a name for the suite", name, "add `name: …`")
        return Suite(
            name=name,
            checks=self._checks(suite.get("expectations")),
            roster=self._roster(ours.get("roster")),
            repairs=self._repairs(ours.get("repairs")),
            warn=self._share(gates, "warn", 0.05),
            fail=self._share(gates, "fail", 0.20),
            reading=self._reading(ours.get("reading")),
        )

    def _checks(self, entries: object) -> tuple[Check, ...]:
        if not isinstance(entries, list) or not entries:
            self._fail(
                ("expectations",),
                "a list of expectations",
                None if entries is None else "no list",
                "add `- type: expect_…`",
            )
        checks: dict[str, Check] = {}
        for place, entry in enumerate(cast("list[object]", entries)):
            check = self._check(entry, ("expectations", place))
            if check.expectation.code in checks:
                self._fail(("expectations", place), "each expectation once", check.expectation.type, "remove one")
            checks[check.expectation.code] = check
        return tuple(checks[code] for code in sorted(checks))

    def _check(self, entry: object, path: tuple[str | int, ...]) -> Check:
        fields = self._mapping(entry, path, ("type", "kwargs", "severity", "meta", "id", "notes", "description"))
        kind = fields.get("type")
        found = by_type().get(kind) if isinstance(kind, str) else None
        if found is None:
            hint = _near(str(kind), by_type()) or "; `turnproof rules` lists them"
            self._fail((*path, "type"), "the type of an expectation", kind, hint.removeprefix("; "))
        severity = fields.get("severity", found.severity)
        if severity not in SEVERITIES:
            hint = _near(str(severity), SEVERITIES).removeprefix("; ") or "use critical"
            self._fail((*path, "severity"), "a severity of critical, warning or info", severity, hint)
        thresholds = found.thresholds
        given = self._mapping(fields.get("kwargs"), (*path, "kwargs"), tuple(thresholds))
        for name, value in given.items():
            if not _like(value, thresholds[name]):
                default = json.dumps(thresholds[name])
                self._fail((*path, "kwargs", name), f"a value such as {default}", value, "mend the line")
        return Check(found, {**thresholds, **given}, severity)

    def _roster(self, value: object) -> Roster:
        path = ("meta", "turnproof", "roster")
        roles = self._mapping(value, path, None)
        for role, labels in roles.items():
            if not isinstance(labels, list) or not all(isinstance(each, str) for each in cast("list[object]", labels)):
                self._fail((*path, role), "a list of labels", cast("object", labels), "write `role: [Label, Label]`")
        return Roster({role: tuple(labels) for role, labels in roles.items()})

    def _repairs(self, value: object) -> tuple[str, ...]:
        path = ("meta", "turnproof", "repairs")
        if value is None:
            return ()
        if not isinstance(value, list):
            self._fail(path, "a list of repairs", value, "write `repairs: [trim_tail]`")
        for place, name in enumerate(cast("list[object]", value)):
            if name not in REPAIRS:
                hint = _near(str(name), REPAIRS).removeprefix("; ") or "remove it"
                self._fail((*path, place), f"a repair ({', '.join(REPAIRS)})", name, hint)
        return tuple(cast("list[str]", value))

    def _reading(self, value: object) -> ReadingOptions:
        path = ("meta", "turnproof", "reading")
        given = self._mapping(value, path, ("merge", "format"))
        merge, form = given.get("merge", "auto"), given.get("format")
        if merge not in MERGES:
            hint = _near(str(merge), MERGES).removeprefix("; ") or "use auto"
            self._fail((*path, "merge"), f"one of {', '.join(MERGES)}", merge, hint)
        if form is not None and form not in tuple(formats()):
            self._fail((*path, "format"), "a format", form, _near_format(str(form)))
        return ReadingOptions(merge=merge, format=form)

    def _share(self, gates: Mapping[str, Any], name: str, default: float) -> float:
        value = gates.get(name, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
            self._fail(("meta", "turnproof", "gates", name), "a share from 0 to 1", value, f"use {default}")
        return float(value)

    def _mapping(self, value: object, path: tuple[str | int, ...], allowed: Sequence[str] | None) -> dict[str, Any]:
        """`value` as a mapping with no other keys than `allowed`; nothing is an empty one."""
        if value is None:
            return {}
        if not isinstance(value, dict):
            self._fail(path, "keys and values", value, "mend the line")
        fields: dict[str, Any] = {}
        for key, item in cast("dict[object, Any]", value).items():
            if not isinstance(key, str) or (allowed is not None and key not in allowed):
                expected = f"one of {', '.join(allowed)}" if allowed else "no setting here"
                hint = _near(str(key), allowed or ()).removeprefix("; ") or "remove it"
                self._fail((*path, str(key)), expected, key, hint)
            fields[key] = item
        return fields

    def _note_lines(self, node: yaml.Node | None, path: tuple[str | int, ...]) -> None:
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                self.lines[(*path, key.value)] = key.start_mark.line + 1
                self._note_lines(value, (*path, key.value))
        elif isinstance(node, yaml.SequenceNode):
            for place, value in enumerate(node.value):
                self.lines[(*path, place)] = value.start_mark.line + 1
                self._note_lines(value, (*path, place))

    def _fail(self, path: tuple[str | int, ...], expected: str, found: object, remedy: str) -> NoReturn:
        while path and path not in self.lines:
            path = path[:-1]
        shown = "nothing" if found is None else json.dumps(found, default=str, ensure_ascii=False)[:80]
        raise SuiteError(f"{self.name}:{self.lines.get(path, 1)}: expected {expected}, found {shown}; {remedy}")


def _fits(check: Check, codes: Sequence[str]) -> bool:
    return any(
        check.expectation.code.startswith(code.upper()) or check.expectation.name == code for code in codes if code
    )


def _near(word: str, known: Sequence[str] | Mapping[str, Any]) -> str:
    near = get_close_matches(word, list(known), n=1)
    return f"; use {near[0]}" if near else ""


def _near_format(word: str) -> str:
    # Names are compound, and a person may know one part: vtt, openai.
    near = get_close_matches(word, formats(), n=1) or [name for name in formats() if word and word.lower() in name]
    return f"use {near[0]}" if near else "`turnproof formats` lists them"


def _like(value: object, default: object) -> bool:
    """Whether a threshold from a suite has the type of its default; a default of None takes a string."""
    if isinstance(default, bool) or isinstance(value, bool):
        return isinstance(default, bool) and isinstance(value, bool)
    if isinstance(default, float):
        return isinstance(value, int | float)
    if isinstance(default, tuple | list):
        return isinstance(value, list | tuple) and all(isinstance(each, str) for each in cast("list[object]", value))
    if default is None:
        return value is None or isinstance(value, str)
    return isinstance(value, type(default)) or (isinstance(default, str) and value is None)
