"""The suites that come with Turnproof: each code decided on, with a reason, and sound data let through."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml

from expectations.catalogue import catalogue
from expectations.evaluate import evaluate
from expectations.judge import judge
from expectations.suite import Suite, load_suite
from expectations.suite_chain import FOLDER, shipped
from schemas.reading import read
from tests.conftest import raw


@pytest.mark.parametrize("name", shipped())
def test_a_whole_suite_reads_back_the_same(name: str, tmp_path: Path) -> None:
    suite = load_suite(name)
    path = tmp_path / "whole.yaml"
    path.write_text(yaml.safe_dump(suite.as_content()))
    whole = load_suite(str(path))
    assert (whole.name, whole.digest) == (suite.name, suite.digest)


DIFFERENT = {
    "human": {
        "C402": "warning",
        "C404": "warning",
        "C406": None,
        "C407": "warning",
        "C409": "info",
        "C411": "warning",
        "C412": "warning",
        "L304": "info",
        "S201": "info",
        "S203": "warning",
        "S204": "warning",
        "S205": None,
        "S207": "warning",
    },
    "chat": {
        "C405": "warning",
        "C406": None,
        "C407": None,
        "C410": "warning",
        "C411": "warning",
        "C412": "warning",
        "C418": "info",
        "D503": "info",
        "L304": None,
        "S202": "critical",
    },
}


@pytest.mark.parametrize("name", DIFFERENT)
def test_severities_that_differ_from_the_default_suite(name: str, suite: Suite) -> None:
    other = {check.expectation.code: check.severity for check in load_suite(name).checks}
    base = {check.expectation.code: check.severity for check in suite.checks}
    assert {code: other.get(code) for code in base if other.get(code) != base[code]} == DIFFERENT[name]


@pytest.mark.parametrize("name", DIFFERENT)
def test_each_code_is_decided_on_in_every_suite(name: str) -> None:
    text = (FOLDER / f"{name}.yaml").read_text()
    content = yaml.safe_load(text)
    changed = [entry["meta"]["code"] for entry in content["expectations"]]
    off = content["meta"]["turnproof"]["without"]
    as_they_are = re.search(r"# As in synthetic, on purpose:\n((?: +#(?: [A-Z]\d{3})+\n)+)", text)
    assert as_they_are is not None
    decided = sorted([*changed, *off, *re.findall(r"[A-Z]\d{3}", as_they_are[1])])
    # A new code is changed there with a reason, left out, or named among those that are as in synthetic.
    assert decided == list(catalogue()), f"{name}.yaml"


def test_chat_has_its_roles_and_the_last_word(tmp_path: Path) -> None:
    def codes(*said: tuple[str, str]) -> list[str]:
        text = json.dumps({"messages": [{"role": role, "content": content} for role, content in said]})
        found = evaluate(read(raw(a_jsonl=text), chat.roster), chat).findings
        return found["code"].to_list()

    chat = load_suite("chat")
    asked, answered = ("user", "What is the capital of Malta?"), ("assistant", "Valletta.")
    assert codes(("system", "Be brief."), asked, answered) == []
    assert codes(asked, answered, ("tool", "42 km away"), answered) == ["S208"]
    assert codes(asked, answered, asked) == ["S202"]
    assert codes(answered, asked, answered) == ["S202"]
    assert codes(asked, asked, answered) == ["S201"]
    assert codes(("patient", "Hi there."), ("therapist", "Hello.")) != []


def test_human_takes_an_interview_as_it_is() -> None:
    said = [
        "Interviewer: So how was it?",
        "Anna: Long.",
        "Anna: Very long.",
        "Interviewer: Why?",
        "Anna: Um.",
        "Anna: Bye.",
    ]
    judged = judge(raw(a_txt="\n\n".join(said)), load_suite("human"))
    assert judged.transcripts.select("verdict", "released_turns").rows() == [("accepted", 6)]


def test_human_takes_what_typists_write() -> None:
    said = [
        "Interviewer: How many siblings have you?",
        "Anna: None",
        "Interviewer: Does that trouble you?",
        "Anna: [no response]",
        "Interviewer: Then thank you.",
        "Anna: Bye. [End of interview]",
    ]
    text = raw(a_txt="\n\n".join(said))
    for name, verdict in (("human", "accepted"), ("synthetic", "quarantined")):
        assert judge(text, load_suite(name)).transcripts["verdict"].to_list() == [verdict]


def test_chat_takes_what_users_ask_for() -> None:
    said = [
        "User: Simulate a conversation between a doctor and a patient.",
        "Assistant: As an AI language model, I can't be a doctor.",
        "User: Is there a prime between 24 and 28? Say None if not.",
        "Assistant: None",
    ]
    text = raw(a_txt="\n\n".join(said))
    judged = judge(text, load_suite("chat"))
    assert judged.transcripts["verdict"].to_list() == ["accepted"]
    assert judged.findings["code"].to_list() == ["C412"]


@pytest.mark.slow  # Great Expectations takes 7 s to import.
@pytest.mark.filterwarnings("ignore")  # What it warns of while importing is its own.
@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.yaml")), ids=lambda path: path.stem)
def test_suites_are_valid_great_expectations_suites(path: Path) -> None:
    from great_expectations.core.expectation_suite import ExpectationSuiteSchema
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

    content = yaml.safe_load(path.read_text())
    loaded = ExpectationSuiteSchema().load(content)
    assert loaded["name"] == path.stem
    for entry in content["expectations"]:
        configuration = ExpectationConfiguration(**{"kwargs": {}, **entry})
        assert configuration.type == entry["type"]
        assert configuration.severity == entry["severity"]
