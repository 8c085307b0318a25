"""A project of Great Expectations in files over a store, for people who work in Great Expectations."""

# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false
# (Great Expectations leaves parts of what it exports untyped.)

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import great_expectations as gx
from great_expectations.data_context.types.base import ProgressBarsConfig

from expectations.gx.transcripts.suites import gx_suite
from expectations.gx.transcripts.validation import tallied_suite
from expectations.suite import Suite
from schemas.errors import InputError
from schemas.places import absolute, told
from schemas.store import Store
from schemas.stored import STORED

SOURCE: Final = "turnproof"
"""The name of the data source."""

WHOLE: Final = "all"
"""The name of each asset's batch definition: all rows of all runs."""


def open_project(store: Store, suite: Suite, folder: Path) -> Any:
    """Make or refresh a project in files, and open it.

    Its data source ``turnproof`` has the store's tables as assets. The suite is there twice: under its own name for
    frames of turns (``release`` and ``quarantine``), without what only reading can tell, and as ``… tallies`` for the
    table ``outcomes``. The checkpoint of that name validates ``release`` and ``outcomes``. What else is in the project
    stays as it is.

    Returns:
        The context. Results carry no text.

    Raises:
        InputError: if there is no store, or the folder can't be written.
    """
    if not store.exists:
        raise InputError(
            f"{told(store.root)}: expected a store, found nothing there; judge a drop with `turnproof run`"
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        context = gx.get_context(mode="file", project_root_dir=folder)
    except OSError as error:
        raise InputError(f"{folder}: expected a folder to write to, found {error.strerror}; name another") from None
    context.variables.progress_bars = ProgressBarsConfig(globally=False, metric_calculations=False)  # type: ignore[assignment, unused-ignore]  # GX types it as a string
    batches = {table: _batch(context, store, table) for table in STORED}
    of_turns, of_tallies = gx_suite(suite, but=("source", "drop")), tallied_suite(suite)
    definitions: list[Any] = []
    for name, table, own in (
        (suite.name, "release", of_turns),
        (f"{suite.name} tallies", "outcomes", of_tallies),
    ):
        own.name = name
        stored = context.suites.add_or_update(own)
        definition = gx.ValidationDefinition(name=f"{suite.name} {table}", data=batches[table], suite=stored)
        definitions.append(context.validation_definitions.add_or_update(definition))
    context.checkpoints.add_or_update(gx.Checkpoint(name=suite.name, validation_definitions=definitions))
    # What was just written is read again: GX's own objects forget their context while a project is saved.
    return gx.get_context(mode="file", project_root_dir=folder)


def how_to_go_on(suite: Suite, folder: Path) -> str:
    """What to type next, for people."""
    return f"""A project of Great Expectations is in {folder}. In Python:

    import great_expectations as gx
    import expectations.gx.transcripts

    context = gx.get_context(mode='file', project_root_dir={str(folder)!r})
    result = context.checkpoints.get({suite.name!r}).run()
    context.data_sources.get('turnproof').get_asset('release')"""


def _batch(context: Any, store: Store, table: str) -> Any:
    known = {each["name"] if isinstance(each, dict) else each for each in context.data_sources.all()}
    source = context.data_sources.get(SOURCE) if SOURCE in known else context.data_sources.add_polars(SOURCE)
    path = told(absolute(store.root / table))
    asset = next((each for each in source.assets if each.name == table), None)
    if asset is not None and asset.path != path:
        source.delete_asset(table)
        asset = None
    asset = asset or source.add_delta_asset(table, path)
    return next(
        (each for each in asset.batch_definitions if each.name == WHOLE), None
    ) or asset.add_batch_definition_whole_dataframe(WHOLE)
