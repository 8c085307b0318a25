"""Tokens: exact where a suite names a tokenizer, estimated and labelled so where it doesn't, and never downloaded."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from expectations import tokens
from expectations.evaluate import evaluate
from expectations.judge import judge
from expectations.suite import load_suite
from expectations.tokens import counter, located
from schemas.errors import InputError, SuiteError
from schemas.reading import read
from tests.conftest import ROOT, raw
from tests.tokenizer import written

TALK = "Patient: I slept badly again.\n\nTherapist: What kept you awake?\n\n" * 10
CHINESE = "Patient: 我昨天晚上又没有睡好。\n\nTherapist: 是什么让你睡不着？\n\n" * 10


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("tokenizer") / "tokenizer.json")


def suite_at(folder: Path, **kwargs: object) -> Path:
    path = folder / "suite.yaml"
    told = json.dumps(kwargs)
    path.write_text(
        "name: x\nexpectations:\n  - type: expect_transcripts_to_fit_the_context\n"
        f"    kwargs: {told}\nmeta: {{turnproof: {{extends: synthetic}}}}\n"
    )
    return path


def messages(folder: Path, **kwargs: object) -> list[str]:
    suite = load_suite(str(suite_at(folder, **kwargs)))
    batch = read(raw(a_txt=TALK, b_txt=CHINESE), suite.roster)
    return evaluate(batch, suite.changed(select=["L303"])).findings["message"].to_list()


def count(text: str, tokenizer: Path) -> int:
    from tokenizers import Tokenizer

    turns = [turn.partition(": ")[2] for turn in text.split("\n\n") if turn]
    made = Tokenizer.from_file(str(tokenizer))
    made.no_truncation()
    made.no_padding()
    return sum(len(made.encode(turn).ids) for turn in turns)


def test_without_a_context_it_could_not_be_evaluated() -> None:
    suite = load_suite().changed(select=["L303"])
    outcomes = evaluate(read(raw(a_txt=TALK), suite.roster), suite).outcomes
    assert outcomes.select("holds", "violated", "unknown").row(0) == (0, 0, 1)


def test_an_estimate_is_labelled_as_one(tmp_path: Path) -> None:
    # A token for four bytes of text, and four for the frame of each of twenty turns.
    size = len("I slept badly again.What kept you awake?") * 10
    about = size // 4 + 80
    (found,) = messages(tmp_path, context_tokens=about - 1)[:1]
    assert found == (
        f"about {about} tokens, estimated from {size} bytes, in 20 turns, more than the {about - 1} of the context"
    )
    assert messages(tmp_path, context_tokens=1000) == []


def test_counts_by_a_tokenizer_are_exact(tmp_path: Path, tokenizer: Path) -> None:
    exact = count(TALK, tokenizer)
    assert 80 < exact < len(TALK) // 2
    over = messages(tmp_path, context_tokens=exact - 1, tokenizer=str(tokenizer), per_turn=0)
    assert over[0] == f"{exact} tokens in 20 turns, more than the {exact - 1} of the context"
    fits = messages(tmp_path, context_tokens=exact, tokenizer=str(tokenizer), per_turn=0)
    assert len(fits) == len(over) - 1
    framed = messages(tmp_path, context_tokens=exact, tokenizer=str(tokenizer), per_turn=1)
    assert framed[0].startswith(f"{exact + 20} tokens in 20 turns")


def test_what_bounds_decide_is_not_tokenised(tmp_path: Path, tokenizer: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    counts = tokens.Counter.counts

    def watched(self: tokens.Counter, texts: list[str]) -> list[int]:
        seen.append(len(texts))
        return counts(self, texts)

    monkeypatch.setattr(tokens.Counter, "counts", watched)
    assert messages(tmp_path, context_tokens=10_000, tokenizer=str(tokenizer)) == []
    short, chinese = messages(tmp_path, context_tokens=5, tokenizer=str(tokenizer))
    assert short.startswith("at least ")
    assert chinese.startswith("at least ")
    assert sum(seen) == 0
    assert len(messages(tmp_path, context_tokens=200, tokenizer=str(tokenizer))) == 2
    assert sum(seen) == 40


@given(texts=st.lists(st.text(max_size=60), max_size=5))
def test_bounds_hold_for_any_text(tokenizer: Path, texts: list[str]) -> None:
    by = counter(str(tokenizer))
    found, size = sum(by.counts(texts)), sum(len(text.encode("utf-8", "replace")) for text in texts)
    fewest, most = pl.select(low=by.fewest(pl.lit(size)), high=by.most(pl.lit(size), pl.lit(len(texts)))).row(0)
    assert fewest <= found <= most


def test_statistics_count_all_that_was_read(tmp_path: Path, tokenizer: Path) -> None:
    (tmp_path / "here.json").write_bytes(tokenizer.read_bytes())
    suite = load_suite(str(suite_at(tmp_path, tokenizer="here.json")))
    assert suite.tokenizer == str(tmp_path / "here.json")
    found = judge(raw(a_txt=TALK, b_txt=CHINESE), suite).transcripts["tokens"].to_list()
    assert found == [count(TALK, tokenizer), count(CHINESE, tokenizer)]
    assert judge(raw(a_txt=TALK), load_suite()).transcripts["tokens"].to_list() == [None]


def test_the_content_of_a_tokenizer_decides_not_its_place(tmp_path: Path, tokenizer: Path) -> None:
    def digest() -> str:
        return load_suite(str(suite_at(tmp_path, context_tokens=9, tokenizer="here.json"))).digest

    (tmp_path / "here.json").write_bytes(tokenizer.read_bytes())
    first = digest()
    (tmp_path / "here.json").write_text(tokenizer.read_text() + "\n")
    assert digest() != first
    assert load_suite(str(suite_at(tmp_path, context_tokens=9, tokenizer=str(tokenizer)))).digest == first


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (None, "found No such file or directory; check the path"),
        ("{", "expected the tokenizer.json of a tokenizer, found that "),
        ("{}", "expected the tokenizer.json of a tokenizer, found that "),
        ("[1]", "expected the tokenizer.json of a tokenizer, found that "),
        ('{"version": "1.0", "model": {"type": "BPE", "vocab": {}, "merges": []}}', "found none in it"),
    ],
)
def test_a_wrong_tokenizer_is_refused_at_its_line(tmp_path: Path, content: str | None, found: str) -> None:
    if content is not None:
        (tmp_path / "t.json").write_text(content)
    path = suite_at(tmp_path, tokenizer="t.json")
    with pytest.raises(SuiteError) as caught:
        load_suite(str(path))
    assert str(caught.value).startswith(f"{path}:4: expected ")
    assert found in str(caught.value)


def test_a_package_may_ship_it() -> None:
    # Any file of a package that is installed will do.
    assert located("package:polars/__init__.py", Path("/")).name == "__init__.py"
    for wrong in ("package:no_such_package/t.json", "package:../t.json", "package:polars/../../t.json"):
        with pytest.raises(InputError, match="expected an installed package and a file in it"):
            located(wrong, Path("/"))


def test_tokenizers_is_imported_only_where_one_is_named() -> None:
    told = (
        "import sys; from expectations.suite import load_suite; load_suite('chat'); print('tokenizers' in sys.modules)"
    )
    found = subprocess.run([sys.executable, "-c", told], cwd=ROOT, capture_output=True, text=True, check=True)
    assert found.stdout == "False\n"
