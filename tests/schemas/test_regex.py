import pickle
import re
from unittest.mock import patch

import pytest

from schemas.regex import regex


def test_a_regex_is_compiled_when_it_is_first_used_and_never_again() -> None:
    with patch("schemas.regex.re.compile", wraps=re.compile) as compiling:
        name = regex(r"(\w+):", re.ASCII)
        assert not compiling.called
        assert name.findall("Kim: Hi. Lee: Hello.") == ["Kim", "Lee"]
        assert name.findall("Zoé: no") == []
        assert compiling.call_count == 1
        found = name.match("Kim: Hi.")
    assert found is not None
    assert found[1] == "Kim"


def test_it_has_all_that_a_pattern_has() -> None:
    mark = regex(rb"\x1f\x8b", re.DOTALL)
    assert (mark.pattern, mark.flags) == (rb"\x1f\x8b", re.DOTALL)
    with pytest.raises(AttributeError):
        mark.found  # type: ignore[attr-defined]  # noqa: B018


def test_it_can_be_pickled_before_and_after_its_use() -> None:
    number = regex("[0-9]+")
    for _ in range(2):
        again = pickle.loads(pickle.dumps(number))
        assert again.fullmatch("12") is not None
        assert number.fullmatch("12") is not None


def test_what_is_no_regex_fails_where_it_is_used() -> None:
    bad = regex("(")
    with pytest.raises(re.error, match="unterminated"):
        bad.search("")
