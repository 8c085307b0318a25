"""Polars frames as a data source of Great Expectations: ``context.data_sources.add_polars("…")``."""

# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownParameterType=false, reportUnknownArgumentType=false, reportMissingTypeArgument=false
# pyright: reportIncompatibleVariableOverride=false, reportIncompatibleMethodOverride=false, reportPrivateUsage=false
# (Great Expectations leaves parts of what it exports untyped, and its models narrow fields in subclasses.)

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar, Literal, TypeVar

import polars as pl
from great_expectations.core import IDDict
from great_expectations.core.batch import LegacyBatchDefinition
from great_expectations.core.batch_definition import BatchDefinition
from great_expectations.core.batch_spec import RuntimeDataBatchSpec
from great_expectations.datasource.fluent.batch_identifier_util import make_batch_identifier
from great_expectations.datasource.fluent.batch_request import BatchRequest
from great_expectations.datasource.fluent.constants import _DATA_CONNECTOR_NAME
from great_expectations.datasource.fluent.interfaces import Batch, DataAsset, Datasource, TestConnectionError
from great_expectations.exceptions.exceptions import BuildBatchRequestError, InvalidBatchRequestError

from expectations.gx.engine import PolarsExecutionEngine
from expectations.gx.errors import first_line

Asset = TypeVar("Asset", bound="_PolarsAsset")


class _PolarsAsset(DataAsset):  # type: ignore[misc]  # untyped to mypy (pyproject.toml)
    """What all Polars assets have in common: a batch is a frame with an engine of its own."""

    _takes: ClassVar[frozenset[str]] = frozenset()
    """The batch parameters; all are needed."""

    class Config:
        extra = "forbid"

    def test_connection(self) -> None:
        """Nothing to connect to."""

    def get_batch_parameters_keys(self, partitioner: Any = None) -> tuple[str, ...]:
        """The names of the batch parameters."""
        return tuple(sorted(self._takes))

    def add_batch_definition_whole_dataframe(self, name: str) -> BatchDefinition:
        """Add a batch definition of all rows."""
        return self.add_batch_definition(name=name, partitioner=None)

    def build_batch_request(
        self, options: Any = None, batch_slice: Any = None, partitioner: Any = None
    ) -> BatchRequest:
        """The request for a batch.

        Raises:
            BuildBatchRequestError: if the parameters are not those of the asset.
        """
        if batch_slice is not None or partitioner is not None:
            raise BuildBatchRequestError(
                message="expected the whole frame, found a slice or a partitioner; leave it out"
            )
        if trouble := self._trouble(options or {}):
            raise BuildBatchRequestError(message=trouble)
        return BatchRequest(datasource_name=self.datasource.name, data_asset_name=self.name, options=options or {})

    def get_batch_identifiers_list(self, batch_request: BatchRequest) -> list[dict[str, Any]]:
        """What tells the batches of a request apart."""
        return [IDDict(batch_request.options)]

    def get_batch(self, batch_request: BatchRequest) -> Batch:
        """The batch of a request."""
        if trouble := self._trouble(batch_request.options):
            raise InvalidBatchRequestError(trouble)
        spec = RuntimeDataBatchSpec(batch_data=self._frame(batch_request.options))
        # An engine for each batch: GX names a batch by its asset, so with one engine threads read each other's frame,
        # and the last one would never be freed.
        engine = PolarsExecutionEngine(show_values=self.datasource.show_values)
        data, markers = engine.get_batch_data_and_markers(batch_spec=spec)
        return Batch(
            datasource=self.datasource,
            data_asset=self,
            batch_request=batch_request,
            data=data,
            metadata=self._get_batch_metadata_from_batch_request(
                batch_request=batch_request, ignore_options=("dataframe",)
            ),
            batch_markers=markers,
            batch_spec=spec,
            batch_definition=LegacyBatchDefinition(
                datasource_name=self.datasource.name,
                data_connector_name=_DATA_CONNECTOR_NAME,
                data_asset_name=self.name,
                batch_identifiers=make_batch_identifier(dict(batch_request.options)),
                batch_spec_passthrough=None,
            ),
        )

    def _trouble(self, options: dict[str, Any]) -> str | None:
        """What is wrong with these batch parameters."""
        if options.keys() != self._takes:
            expected = ", ".join(sorted(self._takes)) or "no batch parameters"
            return f"expected {expected}, found {', '.join(sorted(options)) or 'no batch parameters'}"
        return None

    @abstractmethod
    def _frame(self, options: dict[str, Any]) -> pl.DataFrame | pl.LazyFrame:
        """The frame of these batch parameters; each kind of asset finds it in its own way."""


class PolarsFrameAsset(_PolarsAsset):
    """A frame that is handed over with each run: ``batch_parameters={"dataframe": frame}``, eager or lazy."""

    type: Literal["dataframe"] = "dataframe"

    _takes: ClassVar[frozenset[str]] = frozenset({"dataframe"})

    def _trouble(self, options: dict[str, Any]) -> str | None:
        frame = options.get("dataframe")
        if "dataframe" in options and not isinstance(frame, pl.DataFrame | pl.LazyFrame):
            return f"expected a Polars DataFrame or LazyFrame as dataframe, found {type(frame).__name__}"
        return super()._trouble(options)

    def _frame(self, options: dict[str, Any]) -> pl.DataFrame | pl.LazyFrame:
        frame: pl.DataFrame | pl.LazyFrame = options["dataframe"]
        return frame


class PolarsParquetAsset(_PolarsAsset):
    """Parquet files, scanned: a path, a folder or a pattern."""

    type: Literal["parquet"] = "parquet"
    path: str

    def test_connection(self) -> None:
        """Look whether there is a file."""
        _look(self.path, lambda: pl.scan_parquet(self.path))

    def _frame(self, options: dict[str, Any]) -> pl.DataFrame | pl.LazyFrame:
        return pl.scan_parquet(self.path)


class PolarsDeltaAsset(_PolarsAsset):
    """A Delta table, scanned, at its latest version unless another is named."""

    type: Literal["delta"] = "delta"
    path: str
    version: int | None = None

    def test_connection(self) -> None:
        """Look whether there is a table."""
        _look(self.path, lambda: pl.scan_delta(self.path, version=self.version))

    def _frame(self, options: dict[str, Any]) -> pl.DataFrame | pl.LazyFrame:
        return pl.scan_delta(self.path, version=self.version)


class PolarsDatasource(Datasource):  # type: ignore[misc]  # untyped to mypy (pyproject.toml)
    """Polars frames, Parquet files and Delta tables.

    Attributes:
        show_values: whether results may carry values of columns that may hold text; see `PolarsExecutionEngine`.
    """

    asset_types: ClassVar[list[type[DataAsset]]] = [PolarsFrameAsset, PolarsParquetAsset, PolarsDeltaAsset]

    type: Literal["polars"] = "polars"
    assets: list[PolarsFrameAsset | PolarsParquetAsset | PolarsDeltaAsset] = []  # noqa: RUF012  # pydantic copies it for each source
    show_values: bool = False

    @property
    def execution_engine_type(self) -> Any:
        """The engine that evaluates batches of this source."""
        return PolarsExecutionEngine

    def test_connection(self, test_assets: bool = True) -> None:
        """Look whether the files of all assets are there."""
        if test_assets:
            for asset in self.assets:
                asset.test_connection()

    def add_dataframe_asset(self, name: str, batch_metadata: dict[str, Any] | None = None) -> PolarsFrameAsset:
        """Add frames, eager or lazy, that are handed over with each run."""
        asset = _made(PolarsFrameAsset, name=name, batch_metadata=batch_metadata or {})
        self._add_asset(asset)
        return asset

    def add_parquet_asset(
        self, name: str, path: str | Path, batch_metadata: dict[str, Any] | None = None
    ) -> PolarsParquetAsset:
        """Add Parquet files: a path, a folder or a pattern."""
        asset = _made(PolarsParquetAsset, name=name, path=str(path), batch_metadata=batch_metadata or {})
        self._add_asset(asset)
        return asset

    def add_delta_asset(
        self,
        name: str,
        path: str | Path,
        version: int | None = None,
        batch_metadata: dict[str, Any] | None = None,
    ) -> PolarsDeltaAsset:
        """Add a Delta table, at a version or at its latest."""
        asset = _made(PolarsDeltaAsset, name=name, path=str(path), version=version, batch_metadata=batch_metadata or {})
        self._add_asset(asset)
        return asset


def _made(asset: type[Asset], **fields: Any) -> Asset:
    # Pyright doesn't see the fields of models of pydantic 1, whose metaclass GX extends.
    return asset(**fields)


def _look(path: str, scan: Callable[[], pl.LazyFrame]) -> None:
    try:
        scan().collect_schema()
    except Exception as error:
        raise TestConnectionError(
            f"{path}: expected a table that can be read, found that {first_line(error)}"
        ) from error
