"""Every form, as it was read by eye; and what each must do with hostile text."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from xml.etree import ElementTree as ET

import polars as pl
import pytest

from reports.outputs import FORMS, write
from schemas.columns import FINDINGS
from schemas.errors import InputError

CATALOGUE = pl.DataFrame(
    {
        "code": ["C402", "S202"],
        "rule": ["no_failure_placeholder", "first_and_last_role"],
        "severity": ["critical", "warning"],
        "brief": ["A turn is a placeholder.", "The last word is on the wrong side."],
        "why": ["It is learnt.", "It is learnt too."],
        "remedy": ["Ask again.", "Leave it out."],
    }
)

PLAIN = pl.DataFrame(
    [
        {
            "path": "seeds/000.txt", "transcript": "seeds/000.txt", "record": 0, "turn": 49, "line": 107,
            "code": "C402", "rule": "no_failure_placeholder", "severity": "critical",
            "message": "a placeholder, not an answer",
            "evidence": "[Answer not properly formatted or missing]", "offset": 0, "fix": None,
        },
        {
            "path": "seeds/000.txt", "transcript": "seeds/000.txt", "record": 0, "turn": None, "line": 1,
            "code": "S202", "rule": "first_and_last_role", "severity": "warning",
            "message": "nobody answers the patient", "evidence": None,
            "offset": None, "fix": "trim_tail",
        },
        {
            "path": "all.jsonl", "transcript": "all.jsonl#6", "record": 6, "turn": 2, "line": 7, "code": "C417",
            "rule": "lists_to_count_on", "severity": "info", "message": "a list starts again at “1.”",
            "evidence": "3. rest\n1. rest", "offset": 4, "fix": None,
        },
        {
            "path": "b.pdf", "transcript": None, "record": None, "turn": None, "line": None, "code": "F108",
            "rule": "sources_to_have_a_format", "severity": "critical", "message": "no format claims it",
            "evidence": None,
            "offset": None, "fix": None,
        },
    ],
    schema=FINDINGS,
)  # fmt: skip

HOSTILE_PATH = "a,b:c%d\n[red]\x1b[2J<x>&\"'ü.txt"

HOSTILE = PLAIN.head(1).with_columns(
    path=pl.lit(HOSTILE_PATH),
    transcript=pl.lit(HOSTILE_PATH),
    message=pl.lit("50 % \x1b]0;title\x07 [bold]x[/bold] \u202eevil\r\n::error::x ]]> <&>\x00\ufffe"),
    evidence=pl.lit("\x1b[31m" + "w" * 10_000),
)

TEXT = """\
seeds/000.txt:107: C402 critical turn 49: a placeholder, not an answer
    [Answer not properly formatted or missing]
seeds/000.txt:1: S202 warning: nobody answers the patient

all.jsonl:7: C417 info transcript 6, turn 2: a list starts again at “1.”
    3. rest\\n1. rest

b.pdf: F108 critical: no format claims it
"""

JSONL = """\
{"path":"seeds/000.txt","transcript":0,"turn":49,"line":107,"code":"C402","rule":"no_failure_placeholder",\
"severity":"critical","message":"a placeholder, not an answer",\
"evidence":"[Answer not properly formatted or missing]","fixable":false}
{"path":"seeds/000.txt","transcript":0,"turn":null,"line":1,"code":"S202","rule":"first_and_last_role",\
"severity":"warning","message":"nobody answers the patient","evidence":null,"fixable":true}
{"path":"all.jsonl","transcript":6,"turn":2,"line":7,"code":"C417","rule":"lists_to_count_on",\
"severity":"info","message":"a list starts again at “1.”","evidence":"3. rest\\n1. rest","fixable":false}
{"path":"b.pdf","transcript":null,"turn":null,"line":null,"code":"F108","rule":"sources_to_have_a_format",\
"severity":"critical","message":"no format claims it","evidence":null,"fixable":false}
"""

GITHUB = """\
::error file=seeds/000.txt,line=107,title=C402 no_failure_placeholder::turn 49: a placeholder, not an answer
::warning file=seeds/000.txt,line=1,title=S202 first_and_last_role::nobody answers the patient
::notice file=all.jsonl,line=7,title=C417 lists_to_count_on::transcript 6, turn 2: a list starts again at “1.”
::error file=b.pdf,title=F108 sources_to_have_a_format::no format claims it
"""

JUNIT = """\
<?xml version="1.0" encoding="UTF-8"?>
<testsuites>
<testsuite name="turnproof" tests="4" failures="2" errors="0" skipped="0">
<testcase classname="seeds/000.txt" name="C402 no_failure_placeholder turn 49">\
<failure type="no_failure_placeholder" message="turn 49: a placeholder, not an answer">\
seeds/000.txt:107: turn 49: a placeholder, not an answer
[Answer not properly formatted or missing]</failure></testcase>
<testcase classname="seeds/000.txt" name="S202 first_and_last_role">\
<system-out>warning: seeds/000.txt:1: nobody answers the patient</system-out></testcase>
<testcase classname="all.jsonl" name="C417 lists_to_count_on transcript 6, turn 2">\
<system-out>info: all.jsonl:7: transcript 6, turn 2: a list starts again at “1.”
3. rest
1. rest</system-out></testcase>
<testcase classname="b.pdf" name="F108 sources_to_have_a_format">\
<failure type="sources_to_have_a_format" message="no format claims it">b.pdf: no format claims it</failure></testcase>
</testsuite>
</testsuites>
"""


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def printed(findings: pl.DataFrame, form: str, out: io.StringIO | None = None) -> str:
    out = out or io.StringIO()
    write(findings, form, catalogue=CATALOGUE, out=out, version="0.1.0")
    return out.getvalue()


@pytest.mark.parametrize(("form", "golden"), [("text", TEXT), ("jsonl", JSONL), ("github", GITHUB), ("junit", JUNIT)])
def test_golden(form: str, golden: str) -> None:
    assert printed(PLAIN, form) == golden


def test_sarif_golden() -> None:
    log = json.loads(printed(PLAIN, "sarif"))
    (run,) = log["runs"]
    assert log["version"] == "2.1.0"
    assert run["tool"]["driver"]["name"] == "Turnproof"
    assert run["tool"]["driver"]["version"] == "0.1.0"
    assert run["tool"]["driver"]["rules"][0] == {
        "id": "C402",
        "name": "no_failure_placeholder",
        "shortDescription": {"text": "A turn is a placeholder."},
        "fullDescription": {"text": "It is learnt."},
        "help": {"text": "Ask again."},
        "defaultConfiguration": {"level": "error"},
    }
    assert [result["level"] for result in run["results"]] == ["error", "warning", "note", "error"]
    assert [result.get("ruleIndex") for result in run["results"]] == [0, 1, None, None]
    assert len({result["partialFingerprints"].pop("turnproof/v1") for result in run["results"]}) == 4
    assert run["results"][2] == {
        "ruleId": "C417",
        "level": "note",
        "message": {"text": "transcript 6, turn 2: a list starts again at “1.”"},
        "locations": [{"physicalLocation": {"artifactLocation": {"uri": "all.jsonl"}, "region": {"startLine": 7}}}],
        "partialFingerprints": {},
        "properties": {"transcript": 6, "turn": 2, "evidence": "3. rest\n1. rest"},
    }
    assert run["results"][3]["locations"] == [{"physicalLocation": {"artifactLocation": {"uri": "b.pdf"}}}]


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        ("./a b/é#?.txt", "a%20b/%C3%A9%23%3F.txt"), ("c:d%20.txt", "c%3Ad%2520.txt"), ("/tmp/a b", "file:///tmp/a%20b"),
        ("../x", "../x"), ("a\nb", "a%0Ab"),
    ],
)  # fmt: skip
def test_sarif_uris_are_percent_encoded(path: str, uri: str) -> None:
    log = json.loads(printed(PLAIN.head(1).with_columns(path=pl.lit(path)), "sarif"))
    assert log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == uri


@pytest.mark.parametrize("form", FORMS)
def test_nothing_found_is_valid_too(form: str) -> None:
    text = printed(PLAIN.clear(), form)
    if form == "sarif":
        assert json.loads(text)["runs"][0]["results"] == []
    elif form == "junit":
        assert ET.fromstring(text)[0].get("tests") == "0"
    else:
        assert text == ""


def test_hostile_text_cannot_command_a_terminal() -> None:
    headline, evidence, end = printed(HOSTILE, "text").split("\n")
    assert headline == (
        "a,b:c%d\\n[red]<U+001B>[2J<x>&\"'ü.txt:107: C402 critical turn 49: 50 % <U+001B>]0;title<U+0007> "
        "[bold]x[/bold] <U+202E>evil\\r\\n::error::x ]]> <&><U+0000>\ufffe"
    )
    assert evidence == "    <U+001B>[31m" + "w" * 87 + "…"
    assert end == ""


def test_colours_are_for_terminals(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    coloured = printed(HOSTILE, "text", Terminal())
    assert "\x1b[1;31mC402" in coloured
    assert "[bold]x[/bold]" in coloured
    assert "\x1b]0;" not in coloured
    assert "\x1b[2J" not in coloured
    monkeypatch.setenv("NO_COLOR", "1")
    assert printed(HOSTILE, "text", Terminal()) == printed(HOSTILE, "text")


def test_hostile_text_stays_one_json_line() -> None:
    (line, end) = printed(HOSTILE, "jsonl").split("\n")
    assert json.loads(line)["path"] == HOSTILE["path"][0]
    assert json.loads(line)["message"] == HOSTILE["message"][0]
    assert end == ""
    assert json.loads(printed(HOSTILE, "sarif"))["runs"][0]["results"][0]["message"]["text"].endswith("<&>\x00\ufffe")


def test_hostile_text_stays_one_workflow_command() -> None:
    (command, end) = printed(HOSTILE, "github").split("\n")
    assert command.startswith("::error file=a%2Cb%3Ac%25d%0A[red]<U+001B>[2J<x>&\"'ü.txt,line=107,title=C402 ")
    assert "evil%0D%0A::error::x" in command
    assert end == ""


def test_what_is_waived_is_skipped_suppressed_or_left_out() -> None:
    some = PLAIN.with_columns(waived=pl.when(pl.col("code") == "C402").then(pl.lit("known (Ann, until 2999-01-01)")))
    suite = ET.fromstring(printed(some, "junit"))[0]
    assert (suite.get("tests"), suite.get("failures"), suite.get("skipped")) == ("4", "1", "1")
    (skipped,) = suite.iter("skipped")
    assert skipped.get("message") == "critical, waived: known (Ann, until 2999-01-01)"
    assert printed(some, "jsonl").count("\n") == printed(some, "github").count("\n") == 3
    assert "waived: known" in printed(some, "text")
    results = json.loads(printed(some, "sarif"))["runs"][0]["results"]
    assert [len(each.get("suppressions", [])) for each in results] == [1, 0, 0, 0]


def test_junit_is_well_formed_whatever_the_text() -> None:
    case = ET.fromstring(printed(HOSTILE, "junit"))[0][0]
    assert case.get("classname") == "a,b:c%d\n[red][2J<x>&\"'ü.txt"
    assert (case[0].text or "").endswith("[31m" + "w" * 10_000)


def test_an_unknown_form_is_refused_in_a_sentence() -> None:
    with pytest.raises(InputError, match='expected one of text, jsonl, sarif, junit, github, found "xml"; use text'):
        printed(PLAIN, "xml")


def test_importing_is_cheap() -> None:
    slow = "{'rich', 'jinja2', 'pandera', 'deltalake', 'xml'}"
    before, after = "import sys, polars; known = {*sys.modules}", f"print({slow} & {{*sys.modules}} - known)"
    code = f"{before}; import reports.outputs; {after}"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "set()"
