"""Runs that begin at once: each is forked from a process that has imported what takes them seconds to import.

Prefect starts each run of a deployment that is served in a new interpreter. There, 8 of the 9 s of a processor that a
small drop takes are spent on imports, and a run is not seen to be running before the first two of them are over.

The warm process does nothing but import, and wait. Polars is not among what it imports: it starts threads of its own,
and forks badly. So there is one thread only, besides those of an allocator that knows of forks. The process ends with
the service, and is started anew where it has ended.
"""

from __future__ import annotations

import multiprocessing
from multiprocessing.context import ForkServerProcess
from typing import Final

from flows.children import end_with_parent

PRELOADED: Final = (
    *("prefect.flow_engine", "prefect.task_engine", "prefect.client.orchestration", "prefect.artifacts"),
    *("great_expectations", "pandera", "deltalake", "obstore", "jinja2", "pydantic_settings"),
    *("flows.cli", "flows.uploads", "flows.warm"),
)
"""What runs import, and takes long; of ours only what doesn't bring Polars."""


def warm_up() -> None:
    """Start the warm process, have it fork a process that does nothing, and let Prefect's runner use it from now on."""
    # Prefect reads its environment when it is first imported.
    from prefect import flow_engine  # noqa: PLC0415 - see above

    multiprocessing.set_forkserver_preload(list(PRELOADED))
    first = ForkServerProcess(target=_nothing)
    first.start()
    first.join()
    # Prefect asks for a context by name, "spawn", and uses nothing else of the module there.
    setattr(flow_engine, "multiprocessing", _Forking())  # noqa: B010 - to a type checker it is a module


class Run(ForkServerProcess):
    """The process of a run; it ends with the service, whose child it is not to the system."""

    def run(self) -> None:
        """Do what it is for."""
        end_with_parent()
        super().run()


class _Forking:
    """Takes the place of `multiprocessing`, and of its contexts, where runs are started."""

    Process = Run

    def get_context(self, _method: str) -> _Forking:
        return self


def _nothing() -> None:
    """Be forked, which is to wait until all is imported."""
