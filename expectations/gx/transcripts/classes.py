"""A class of Great Expectations for each expectation of the catalogue."""

# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportUnknownParameterType=false, reportPrivateUsage=false
# (Great Expectations leaves parts of what it exports untyped, and its own map expectations share a private function.)

from __future__ import annotations

import html
import json
from collections.abc import Mapping
from functools import reduce
from importlib import import_module
from operator import or_
from types import UnionType
from typing import Any, ClassVar, Final, Union, cast, get_args, get_origin

from great_expectations.core.suite_parameters import SuiteParameterDict
from great_expectations.expectations.expectation import (
    BatchExpectation,
    _format_map_output,
    render_suite_parameter_string,
)
from great_expectations.expectations.metadata_types import FailureSeverity
from great_expectations.render.components import LegacyRendererType, RenderedStringTemplateContent
from great_expectations.render.renderer.renderer import renderer
from great_expectations.validator.metric_configuration import MetricConfiguration
from great_expectations.validator.validator import ValidationDependencies

from expectations.catalogue import catalogue
from expectations.gx.transcripts.metric import NAME, Judged
from expectations.kinds import kinds
from expectations.rule import Expectation

# Great Expectations' own choice among the versions of pydantic.
pydantic: Any = import_module("great_expectations.compatibility.pydantic")


class TranscriptExpectation(BatchExpectation):  # type: ignore[misc]  # untyped to mypy (pyproject.toml)
    """An expectation of ours, on a frame of turns, on one that carries flags, or on the store's tallies.

    Its result counts rows: turns, transcripts for what looks at whole transcripts, or, on tallies, the transcripts and
    sources that were judged. What could not be evaluated is missing from the count of what was (``missing_count``);
    where nothing is violated but something could not be evaluated, the result is a failure with a sentence in
    ``exception_info``, never a success.

    Attributes:
        rule: the expectation of the catalogue.
        roster: labels by role, where they are not those of the default suite; for turns without flags only.
    """

    rule: ClassVar[Expectation | None] = None
    roster: dict[str, list[str]] | None = None

    @classmethod
    def is_abstract(cls) -> bool:
        """Whether it stands for no expectation of the catalogue."""
        return cls.rule is None

    @classmethod
    def sentence(cls, kwargs: Mapping[str, Any]) -> str:
        """What it expects, and where that is violated, with its thresholds."""
        rule = cast("Expectation", cls.rule)
        told = {**rule.thresholds, **{name: value for name, value in kwargs.items() if name in rule.thresholds}}
        with_ = ", ".join(f"{name} {json.dumps(value, ensure_ascii=False)}" for name, value in told.items())
        return f"Expect {rule.name.replace('_', ' ')} ({rule.code}{'; ' if with_ else ''}{with_}). {rule.brief}"

    @property
    def code(self) -> str:
        """The code of the expectation; a frame's flag has its name."""
        return cast("Expectation", self.rule).code

    @property
    def configuration(self) -> Any:
        """What a suite stores of it, and a result carries along."""
        found = super().configuration
        # GX leaves out what is the class's default, and then takes every severity that is left out for critical.
        found.severity = self.severity
        return found

    def get_validation_dependencies(
        self, execution_engine: Any = None, runtime_configuration: Any = None
    ) -> ValidationDependencies:
        """The one metric it needs."""
        needed = super().get_validation_dependencies(execution_engine, runtime_configuration)
        thresholds = {name: getattr(self, name) for name in (self.rule.thresholds if self.rule else ())}
        needed.set_metric_configuration(
            NAME,
            MetricConfiguration(
                NAME,
                metric_domain_kwargs=self._get_domain_kwargs(),
                metric_value_kwargs={
                    "code": self.code,
                    "thresholds": thresholds,
                    "roster": self.roster,
                    "result_format": needed.result_format,
                },
            ),
        )
        return needed

    def _validate(
        self, metrics: Mapping[str, Any], runtime_configuration: Any = None, execution_engine: Any = None
    ) -> dict[str, Any]:
        found: Judged = metrics[NAME]
        form: dict[str, Any] = cast("dict[str, Any]", runtime_configuration)["result_format"]
        told: dict[str, Any] = _format_map_output(
            result_format=form,
            success=not found.violated and not found.unknown,
            element_count=found.judged,
            nonnull_count=found.judged - found.unknown,
            unexpected_count=found.violated,
            unexpected_list=found.places,
            unexpected_index_list=found.index,
            unexpected_index_column_names=form.get("unexpected_index_column_names"),
        )
        if not told["success"] and not found.violated:
            told["exception_info"] = {
                "raised_exception": True,
                "exception_message": f"{self.code} could not be evaluated on {found.unknown:,} of {found.judged:,}",
                "exception_traceback": "",
            }
        return told

    @classmethod
    def _prescriptive_template(cls, renderer_configuration: Any) -> Any:
        kwargs: Mapping[str, Any] = renderer_configuration.kwargs
        renderer_configuration.template_str = cls.sentence(kwargs).replace("$", "$$")
        return renderer_configuration

    @classmethod
    @renderer(renderer_type=LegacyRendererType.PRESCRIPTIVE)  # type: ignore[untyped-decorator]  # GX is untyped to mypy
    @render_suite_parameter_string  # type: ignore[untyped-decorator]  # as above
    def _prescriptive_renderer(
        cls, configuration: Any = None, result: Any = None, runtime_configuration: Any = None
    ) -> list[RenderedStringTemplateContent]:
        found: Any = configuration or result.expectation_config
        # A page is made of it, and thresholds come from whoever wrote the suite.
        sentence = html.escape(cls.sentence(found.kwargs)).replace("$", "$$")
        template = {"template": sentence, "params": {}, "styling": (runtime_configuration or {}).get("styling") or {}}
        return [RenderedStringTemplateContent(content_block_type="string_template", string_template=template)]


def name_of_class(kind: str) -> str:
    """The name of the class of a type: `ExpectTwoSpeakers` for ``expect_two_speakers``."""
    return "".join(word.capitalize() for word in kind.split("_"))


def _class_of(rule: Expectation) -> type[TranscriptExpectation]:
    name = name_of_class(rule.type)
    fields = {threshold: _type_of(kind) for threshold, kind in kinds(rule.rule).items()}
    body: dict[str, Any] = {
        "__module__": __name__.rpartition(".")[0],
        "__qualname__": name,
        "__doc__": rule.rule.__doc__,
        "__annotations__": {"rule": ClassVar[Any], "severity": FailureSeverity, **fields},
        "rule": rule,
        "severity": FailureSeverity(rule.severity),
        "success_keys": (*fields, "roster"),
        **{threshold: _plain(default) for threshold, default in rule.thresholds.items()},
    }
    metaclass: Any = type(TranscriptExpectation)
    made: type[TranscriptExpectation] = metaclass(name, (TranscriptExpectation,), body)
    if made.expectation_type != rule.type:
        raise RuntimeError(f"{rule.type} and {made.expectation_type} are not the same; name the rule another way")
    return made


def _type_of(kind: Any) -> Any:
    """The type of a threshold, from its annotation, as suites take it; a suite parameter may stand for any."""
    strict: dict[Any, Any] = {
        bool: pydantic.StrictBool,
        int: pydantic.StrictInt,
        float: pydantic.StrictFloat | pydantic.StrictInt,
        str: pydantic.StrictStr,
    }
    if get_origin(kind) in (Union, UnionType):
        return reduce(or_, (_type_of(each) for each in get_args(kind)))
    if get_origin(kind) in (tuple, list):
        items: Any = list
        return items[strict[get_args(kind)[0]]] | SuiteParameterDict
    return strict.get(kind, kind) | SuiteParameterDict


def _plain(default: object) -> Any:
    items: Any = default
    return list(items) if isinstance(default, tuple) else default


CLASSES: Final[dict[str, type[TranscriptExpectation]]] = {rule.type: _class_of(rule) for rule in catalogue().values()}
"""The class of each expectation of the catalogue, by its type in a suite."""
