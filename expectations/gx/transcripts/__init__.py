"""Our expectations as expectations of Great Expectations.

After ``import expectations.gx.transcripts`` a suite file of ours is a suite like any other::

    import great_expectations as gx
    import yaml

    import expectations.gx.transcripts

    suite = gx.ExpectationSuite(**yaml.safe_load(Path("expectations/suites/synthetic.yaml").read_text()))

and each expectation is a class of its own, `ExpectNoServingErrors` and so on, made from the catalogue: a new file in
`expectations.rules` is a new class here. This room is the only one of `expectations.gx` that knows of transcripts.
"""

from __future__ import annotations

from typing import Any

from expectations.gx import PolarsDatasource
from expectations.gx.transcripts.classes import CLASSES, TranscriptExpectation, name_of_class
from expectations.gx.transcripts.flags import flag_transcripts, flag_turns
from expectations.gx.transcripts.metric import register_metric
from expectations.gx.transcripts.project import open_project
from expectations.gx.transcripts.suites import gx_suite

register_metric()


_BY_NAME: dict[str, Any] = {name_of_class(kind): made for kind, made in CLASSES.items()}


def __getattr__(name: str) -> Any:
    """The class of an expectation by its name."""
    if name in _BY_NAME:
        return _BY_NAME[name]
    raise AttributeError(f"expected the class of an expectation in expectations.gx.transcripts, found {name}")


__all__ = [
    "CLASSES",
    "PolarsDatasource",
    "TranscriptExpectation",
    "flag_transcripts",
    "flag_turns",
    "gx_suite",
    "open_project",
]
