"""Every expectation: its examples, its documentation, its place in the default suite; and what it says of the seeds."""

from __future__ import annotations

import importlib
import inspect
import re
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from expectations.catalogue import catalogue
from expectations.document import FILE, render
from expectations.drop import Dropped
from expectations.evaluate import evaluate
from expectations.examples import batch_of, evaluated, evaluated_drop
from expectations.rule import SECTIONS, Bytes, Example, Expectation
from expectations.suite import load_suite
from expectations.suite_chain import FOLDER
from expectations.wording import MASK
from schemas.columns import PROBLEMS, SEVERITIES
from schemas.listing import list_sources
from schemas.loading import load
from schemas.reading import read

SEEDS = Path(__file__).resolve().parents[2] / "seeds"
RULES = Path(__file__).resolve().parents[2] / "expectations" / "rules"
ROSTER = load_suite().roster
ALL = list(catalogue().values())
MASKED = {"C419"}
NEVER_VIOLATED = {
    "F106": "no source is known that loses text; `test_lost_text_is_found` makes the problem by hand",
    "F113": "takes two files, see test_speaker_files",
    "L303": "off until a suite names a context, see test_tokens",
}


def cases(kind: str) -> list[object]:
    return [
        pytest.param(rule, example, id=f"{rule.code}-{number}")
        for rule in ALL
        for number, example in enumerate(getattr(rule, kind))
    ]


@pytest.mark.parametrize(("rule", "example"), cases("holds"))
def test_it_holds(rule: Expectation, example: Example | Bytes | Dropped) -> None:
    if isinstance(example, Dropped):
        drop = evaluated_drop(rule, example, ROSTER)
        assert drop.findings.to_dicts() == []
        assert drop.outcomes.select("holds", "violated", "unknown").rows() in ([(1, 0, 0)], [(0, 0, 1)])
        return
    result = evaluated(rule, example, ROSTER)
    assert not result.failures
    assert result.findings.to_dicts() == []


@pytest.mark.parametrize(("rule", "example"), cases("violated"))
def test_it_is_violated(rule: Expectation, example: Example | Bytes | Dropped) -> None:
    if isinstance(example, Dropped):
        drop = evaluated_drop(rule, example, ROSTER)
        (row,) = drop.findings.to_dicts()
        assert (row["code"], row["rule"], row["transcript"]) == (rule.code, rule.name, None)
        assert row["message"]
        assert drop.outcomes.select("holds", "violated", "unknown", "findings").rows() == [(0, 1, 0, 1)]
        return
    result = evaluated(rule, example, ROSTER)
    assert not result.failures
    assert len(result.findings) == 1, result.findings.to_dicts()
    (finding,) = result.findings.to_dicts()
    assert (finding["code"], finding["rule"]) == (rule.code, rule.name)
    assert finding["severity"] in SEVERITIES
    assert finding["message"]
    if isinstance(example, Bytes):
        assert finding["line"] == example.line
        return
    assert finding["turn"] == example.at
    if example.evidence is not None:
        assert finding["evidence"] == example.evidence
    if finding["evidence"] is not None:
        said = example.turns[int(finding["turn"])].text[int(finding["offset"]) :]
        if rule.code in MASKED:
            said = re.sub(r"[^\W_]", MASK, said)
            assert not re.search(r"[^\W_]", str(finding["evidence"]))
        assert said.startswith(str(finding["evidence"]))


def test_lost_text_is_found() -> None:
    rule = catalogue()["F106"]
    assert isinstance(rule.holds[0], Bytes)
    batch = batch_of(rule.holds[0], ROSTER)
    lost = pl.DataFrame([(0, None, None, "lost", "3 of 9 characters are in turns")], schema=PROBLEMS, orient="row")
    result = evaluate(replace(batch, problems=lost), load_suite())
    assert [(row["code"], row["severity"]) for row in result.findings.to_dicts() if row["code"] == "F106"] == [
        ("F106", "critical")
    ]


@pytest.mark.parametrize("rule", ALL, ids=lambda rule: rule.code)
def test_it_is_documented(rule: Expectation) -> None:
    doc = inspect.cleandoc(rule.rule.__doc__ or "")
    sections = [line.partition(":")[0] for line in doc.splitlines() if line.partition(":")[0] in SECTIONS]
    wanted = SECTIONS if rule.thresholds else SECTIONS[:2]
    assert sections == list(wanted)
    assert all(rule.section(title) for title in wanted)
    assert rule.brief.endswith(".")
    assert all(f"`{name}`" in rule.section("Thresholds") for name in rule.thresholds)


@pytest.mark.parametrize("rule", ALL, ids=lambda rule: rule.code)
def test_it_has_examples(rule: Expectation) -> None:
    assert rule.holds
    assert bool(rule.violated) != (rule.code in NEVER_VIOLATED)
    kind = {"source": Bytes, "drop": Dropped}.get(rule.scope, Example)
    assert all(isinstance(example, kind) for example in (*rule.holds, *rule.violated))


def test_files_are_named_after_what_they_hold() -> None:
    files = sorted(file.stem for file in RULES.glob("*.py") if file.stem != "__init__")
    assert files == sorted(f"{rule.code.lower()}_{rule.name}" for rule in ALL)
    for file in files:
        module = importlib.import_module(f"expectations.rules.{file}")
        (rule,) = (value for value in vars(module).values() if isinstance(value, Expectation))
        assert file == f"{rule.code.lower()}_{rule.name}"
        assert rule.rule.__name__ == rule.name
        assert (module.__doc__ or "").startswith(f"{rule.code}: ")


def test_severities_are_those_of_great_expectations() -> None:
    assert {rule.severity for rule in ALL} <= set(SEVERITIES)


def test_the_default_suite_names_every_expectation_in_order() -> None:
    suite = load_suite()
    assert [check.expectation.code for check in suite.checks] == list(catalogue())
    assert [check.severity for check in suite.checks] == [rule.severity for rule in ALL]
    text = (FOLDER / "synthetic.yaml").read_text(encoding="utf-8")
    places = [text.index(f"type: {rule.type}\n") for rule in ALL]
    assert places == sorted(places)
    assert all(f"meta: {{code: {rule.code}}}" in text for rule in ALL)


def test_the_seeds_have_three_critical_findings() -> None:
    suite = load_suite()
    batch = read(load(list_sources(SEEDS)), suite.roster)
    result = evaluate(batch, suite)
    assert not result.failures
    critical = result.findings.filter(pl.col("severity") == "critical")
    assert critical.select("source_key", "code", "turn", "line", "fix").rows() == [
        (0, "C404", 43, 93, "strip_note"),
        (0, "C402", 49, 107, "trim_tail"),
        (1, "C401", 49, 135, "trim_tail"),
    ]
    note, placeholder, error = critical["evidence"]
    assert note.startswith("(Note: This response is more direct")
    assert note.endswith("not alone in their emotions.)")
    assert placeholder == "[Answer not properly formatted or missing]"
    assert error == batch.turns.row(-1, named=True)["text"]
    assert critical["message"][2] == (
        "an error of vLLM (the prompt is longer than the model's context) stands as Therapist's turn"
    )


def test_what_the_seeds_have_otherwise_is_sound() -> None:
    suite = load_suite()
    found = evaluate(read(load(list_sources(SEEDS)), suite.roster), suite).findings
    assert found.filter((pl.col("severity") != "critical") & (pl.col("code") != "C411")).to_dicts() == []


def test_the_seeds_have_three_loops() -> None:
    suite = load_suite().changed(select=["C411"])
    found = evaluate(read(load(list_sources(SEEDS)), suite.roster), suite).findings
    assert found.select("source_key", "turn", "severity", "evidence").rows() == [
        (0, 20, "warning", "I'm not sure I follow"),
        (0, 29, "warning", "Let's try a different approach"),
        (1, 6, "warning", "can we slow down?"),
    ]
    assert found["message"].to_list() == [
        "Patient opens 6 of 25 turns with the same words and says them in 1 more: turns 20, 22, 26, 30, 32, 40, 42",
        "Therapist opens 5 of 25 turns with the same words: turns 29, 31, 33, 41, 43",
        "Patient closes 5 of 25 turns with the same words and says them in 12 more: "
        "turns 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 30, 32, 38, 40, 46, 48",
    ]


def test_findings_name_the_stack() -> None:
    rule = catalogue()["C401"]
    named: dict[str, str] = {
        "Prompt length of 9041 is longer than the maximum model length of 9000.": "vLLM",
        "This model's maximum context length is 4097 tokens. However, you requested 5000 tokens": "OpenAI or its like",
        "prompt is too long: 210000 tokens > 200000 maximum": "Anthropic",
        "Error: Input is too long for requested model.": "Bedrock",
        "The input token count (40000) exceeds the maximum number of tokens allowed (32768).": "Gemini",
        "This model's maximum prompt length is 131072 but the request contains 537812 tokens.": "xAI",
        "Please reduce the length of the messages or completion.": "Groq",
        "the request exceeds the available context size, try increasing it": "llama.cpp",
        "Prompt contains 40000 tokens, too large for model with 32768 maximum context length": "Mistral",
        "The number of tokens to keep from the initial prompt is greater than the context length": "LM Studio",
        "The response was filtered due to the prompt triggering Azure OpenAI's content management policy.": "Azure",
        '{"error": {"message": "The engine is overloaded"}}': "an HTTP API",
        "**NETWORK ERROR DUE TO HIGH TRAFFIC. PLEASE REGENERATE OR REFRESH THIS PAGE.**": "FastChat",
        "Too many requests in 1 hour. Try again later.": "a chat page",
        "jinja2.exceptions.TemplateError: Conversation roles must alternate user/assistant/...": "a chat template",
        "[address=0.0.0.0:4, pid=7] CUDA error": "Xinference",
        "<html>\n<head><title>503 Service Unavailable</title></head>\n</html>": "a web server",
        "torch.cuda.OutOfMemoryError: CUDA out of memory. Tried to allocate 20.00 MiB (GPU 0)": "PyTorch",
        'Traceback (most recent call last):\n  File "a.py", line 1\nKeyError: 0': "Python",
        "HTTPSConnectionPool(host='api', port=443): Read timed out. (read timeout=60)": "an HTTP client",
        "[API error: quota]": "a generator",
        "[Generation failed: no tokens left in the pool of the second worker, which was stopped]": "a generator",
        "The prompt (total length 5000) is too long to fit into the model (context length 4096). Make sure that "
        "`max_model_len` is no smaller than the number of text tokens plus multimodal tokens.": "vLLM",
        "Input tokens exceed the configured limit of 272000 tokens.": "OpenAI or its like",
        "Your input exceeds the context window of this model. Please adjust your input.": "OpenAI or its like",
        "You exceeded your current quota, please check your plan and billing details.": "OpenAI",
        "That model is currently overloaded with other requests. You can retry your request, or contact us.": "OpenAI",
        "The server had an error while processing your request. Sorry about that!": "OpenAI",
        "Rate limit reached for gpt-4 in organization org-1 on tokens per min (TPM): Limit 10000, Used 9000.": "OpenAI",
        "Something went wrong. If this issue persists please contact us through our help center.": "ChatGPT",
        "The input (250000 tokens) is longer than the model's context length (200000 tokens).": "SGLang",
        "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096. Given: 4031": "TGI",
        "$MODERATION$ YOUR INPUT VIOLATES OUR CONTENT MODERATION GUIDELINES. PLEASE TRY AGAIN.": "FastChat",
        "THIS SESSION HAS BEEN INACTIVE FOR TOO LONG. PLEASE REFRESH THIS PAGE, AND THEN BEGIN ONCE AGAIN.": "FastChat",
        "{'type': 'error', 'error': {'type': 'overloaded_error', 'message': 'Overloaded'}}": "Anthropic",
    }
    assert isinstance(rule.holds[0], Example)
    for text, stack in named.items():
        # A short turn is always looked at; in a long one the search for literals has to find the error.
        for whole in (text, f"{text}\n\n{'Hello. ' * 20}"):
            if stack == "a chat page" and whole != text:
                continue
            last = replace(rule.holds[0].turns[1], text=whole)
            result = evaluated(rule, Example((rule.holds[0].turns[0], last)), ROSTER).findings
            assert len(result) == 1, whole
            assert result["message"][0].startswith(f"an error of {stack} "), whole
            assert result["severity"][0] == "critical", whole
            assert result["evidence"][0] == text, whole


def test_the_document_is_up_to_date() -> None:
    committed = FILE.read_text(encoding="utf-8") if FILE.exists() else ""
    assert committed == render(), "expectations/RULES.md is stale; run `python -m expectations.document`"


def test_the_document_tells_of_every_expectation() -> None:
    text = render()
    assert all(f"\n## {rule.code}\n" in text and f"| `{rule.name}` |" in text for rule in ALL)
    assert all(character.isprintable() or character == "\n" for character in text)
