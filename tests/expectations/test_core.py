"""Great Expectations' own expectations in suites of ours: findings like any other, wrong ones refused at their line."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from expectations.suite import load_suite
from schemas.errors import SuiteError

REFUSED = {
    "looks at all rows": (
        "  - type: expect_column_values_to_be_unique\n    kwargs: {column: text}\n",
        "4: expected an expectation that judges each turn by itself, found expect_column_values_to_be_unique; use one of "
        "ours, or validate a table of the store with it (`turnproof gx`)",
    ),
    "looks at the table": (
        "  - type: expect_table_row_count_to_equal\n    kwargs: {value: 1}\n",
        "4: expected an expectation that judges each turn by itself, found expect_table_row_count_to_equal; use one of "
        "ours, or validate a table of the store with it (`turnproof gx`)",
    ),
    "mostly": (
        "  - type: expect_column_values_to_not_be_null\n    kwargs: {column: role, mostly: 0.9}\n",
        "4: expected no mostly, as each turn is judged by itself, found 0.9; remove it, or set `severity: info`",
    ),
    "code": (
        "  - type: expect_column_values_to_not_be_null\n    kwargs: {column: role}\n    meta: {code: R1}\n",
        '4: expected a code such as GX_SHORT_TEXT, found "R1"; mend it',
    ),
}


def write(folder: Path, entries: str) -> Path:
    path = folder / "mixed.yaml"
    path.write_text(f"name: mixed\nexpectations:\n{entries}")
    return path


@pytest.mark.parametrize("case", REFUSED)
def test_what_does_not_judge_single_turns_is_refused_at_its_line(case: str, tmp_path: Path) -> None:
    """None of these imports Great Expectations."""
    entries, told = REFUSED[case]
    path = write(tmp_path, entries)
    with pytest.raises(SuiteError) as caught:
        load_suite(str(path))
    assert str(caught.value) == f"{path}:{told}"


def test_without_great_expectations_it_is_said_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "expectations.gx.masks", None)
    path = write(tmp_path, "  - type: expect_column_values_to_not_be_null\n    kwargs: {column: role}\n")
    with pytest.raises(SuiteError, match=r"4: expected great_expectations to be installed .*; install it: pip install"):
        load_suite(str(path))


def test_a_suite_of_ours_does_not_import_great_expectations() -> None:
    code = "import sys, expectations.suite as s; s.load_suite(); sys.exit('great_expectations' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
