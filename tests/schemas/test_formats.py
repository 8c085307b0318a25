"""Every sample is claimed by exactly one format and read as the file beside it says."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from expectations.suite import Suite
from schemas.columns import TEXTS
from schemas.document import FILE, render
from schemas.format import formats
from schemas.listing import list_sources
from schemas.loading import load
from schemas.reading import read
from tests.conftest import loaded

SAMPLES = Path(__file__).parent.parent / "samples"
CASES = sorted(path for path in SAMPLES.glob("*/*") if not path.name.endswith(".expected.json"))
IN_JSON = [path for path in CASES if formats()[path.parent.name].json]


@pytest.mark.parametrize("path", CASES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_sample_is_read_as_expected(path: Path, suite: Suite) -> None:
    batch = read(load(list_sources(path)), suite.roster)
    expected = json.loads(path.with_suffix(".expected.json").read_text())
    turns = batch.turns.join(batch.transcripts.select("transcript_key", "record"), on="transcript_key")
    assert turns.select("record", "speaker", "role", "line", "text").to_dicts() == expected
    assert batch.sources["format"].to_list() == [path.parent.name]
    assert batch.problems.filter(~pl.col("kind").is_in(["preamble", "long_preamble", "bom", "renamed"])).is_empty()


@pytest.mark.parametrize("path", CASES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_exactly_one_format_claims_a_sample(path: Path, suite: Suite) -> None:
    as_it_is = pl.DataFrame({"source_key": [0], "path": [str(path)], "data": [path.read_bytes()]})
    if formats()[path.parent.name].binary is not None:
        binary = [form for form in formats().values() if form.binary is not None]
        mine = [form for form in binary if as_it_is.select(form.binary).item()]
        assert [form.name for form in mine if len(form.parse(as_it_is, suite.roster).accounts)] == [path.parent.name]
        return
    text = path.read_bytes().decode().replace("\r\n", "\n")
    texts = pl.DataFrame([(0, str(path), text)], schema=TEXTS, orient="row")
    claims = [form.name for form in formats().values() if len(form.parse(texts, suite.roster).accounts)]
    assert claims == [path.parent.name]


@pytest.mark.parametrize("tail", ["and something else", "]", "}", "[1]", "the same again"])
@pytest.mark.parametrize("path", IN_JSON, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_what_follows_the_end_of_json_is_read_or_told(path: Path, tail: str, suite: Suite) -> None:
    data = path.read_bytes().rstrip()
    alone, more = (
        read(loaded({"a.json": each}), suite.roster)
        for each in (data, data + b"\n" + (data if tail == "the same again" else tail.encode()))
    )
    assert len(more.turns) > len(alone.turns) or len(more.problems) > len(alone.problems)


def test_the_catalogue_in_print_is_fresh() -> None:
    assert FILE.read_text() == render(), "schemas/FORMATS.md is stale; run `python -m schemas.document`"


@pytest.mark.parametrize("name", sorted(formats()))
def test_every_format_has_samples(name: str) -> None:
    assert [path for path in CASES if path.parent.name == name]
