"""`turnproof gx`: a project over the store, made, refreshed, and run from its files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import great_expectations as gx
import pytest
from great_expectations.checkpoint import UpdateDataDocsAction

from expectations.suite import Suite
from flows.pipeline import run_drop
from schemas.store import Store
from tests.conftest import SEEDS
from tests.flows.test_cli import turnproof
from tests.gx.conftest import quiet

EVIL = "<script>alert('x')</script>"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory, suite: Suite) -> Store:
    root = tmp_path_factory.mktemp("store")
    (root / "drop").mkdir()
    for path in SEEDS.glob("*.txt"):
        (root / "drop" / path.name).write_bytes(path.read_bytes())
    (root / "drop" / "evil.txt").write_text(f"Patient: {EVIL}\n\nTherapist: {EVIL} ok\n\nPatient: a\n\nTherapist: b")
    run_drop(root / "drop", Store(root / "store"), suite, root / "site")
    return Store(root / "store")


def test_a_project_is_made_refreshed_and_run_again_from_its_files(store: Store, tmp_path: Path) -> None:
    project = tmp_path / "gx project"
    for _ in range(2):
        done = turnproof("gx", "--store", store.root, "--project", project)
        assert done.returncode == 0, done.stderr
    assert "context.checkpoints.get('synthetic').run()" in done.stdout
    program = "\n".join(line.strip() for line in done.stdout.split("In Python:")[1].splitlines())
    names: dict[str, Any] = {}
    exec(program, names)
    results = {each.suite_name: each for each in names["result"].run_results.values()}
    assert set(results) == {"synthetic", "synthetic tallies"}
    tallies = {each.expectation_config.type: each for each in results["synthetic tallies"].results}
    assert tallies["expect_no_serving_errors"].result["unexpected_count"] == 1
    released = {each.expectation_config.type: each for each in results["synthetic"].results}
    assert released["expect_no_serving_errors"].success
    # What it writes into the project is no transcript.
    written = "".join(path.read_text() for path in project.rglob("*.json"))
    assert "alert(" not in written
    assert "vLLM" not in written


def test_pages_of_our_expectations_hold_no_text_and_no_markup(store: Store, tmp_path: Path) -> None:
    """Data Docs take seconds."""
    assert turnproof("gx", "--store", store.root, "--project", tmp_path).returncode == 0
    context = quiet(gx.get_context(mode="file", project_root_dir=tmp_path))
    suite = context.suites.get("synthetic")
    hostile: Any = next(each for each in suite.expectations if each.expectation_type == "expect_every_role_to_speak")
    hostile.roles = [EVIL]
    suite.save()
    checkpoint = context.checkpoints.get("synthetic")
    checkpoint.actions = [UpdateDataDocsAction(name="docs")]
    checkpoint.result_format = {"result_format": "COMPLETE", "unexpected_index_column_names": ["turn"]}
    checkpoint.validation_definitions = checkpoint.validation_definitions[:1]
    checkpoint.save()
    checkpoint.run()
    pages = [path.read_text() for path in tmp_path.rglob("*.html")]
    assert any("Expect speakers to alternate (S201)." in page for page in pages)
    assert any("&lt;script&gt;alert" in page for page in pages)
    assert not any("<script>alert" in page for page in pages)


def test_without_a_store_it_says_so(tmp_path: Path) -> None:
    done = turnproof("gx", "--store", tmp_path / "none", "--project", tmp_path / "gx")
    assert done.returncode == 2
    assert "expected a store, found nothing there; judge a drop with `turnproof run`" in done.stderr
    assert json.dumps(done.stdout) == '""'
