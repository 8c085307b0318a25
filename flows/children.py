"""Child processes that end with their parent, however that ends; nothing is left behind by a service that was killed.

Linux could do it by itself (``PR_SET_PDEATHSIG``), but there the end of the parent's thread counts as that of the
parent, and Prefect starts processes from threads that come and go.
"""

from __future__ import annotations

import multiprocessing
import os
import runpy
import signal
import sys
import time
from collections.abc import Callable
from threading import Thread
from typing import Final

PARENT: Final = "_TURNPROOF_PARENT"
"""The variable that tells a child which process to end with."""


def end_with_parent() -> None:
    """End this process within a second of its parent, if the parent asked for it; leave Ctrl-C to the parent."""
    parent = multiprocessing.parent_process()
    if parent is None:
        pid, ended = os.getppid(), orphaned
    else:
        # To the system, the parent of a run is the process that it is forked from.
        pid, ended = parent.pid or 0, parent.join
    if os.environ.get(PARENT) == str(pid):
        end_once(ended)


def end_once(ended: Callable[[], None]) -> None:
    """End this process once `ended` returns; leave Ctrl-C to its parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_end_after, args=(ended,), daemon=True).start()


def orphaned() -> None:
    """Wait until this process has another parent, as the one that it had has ended."""
    parent = os.getppid()
    while os.getppid() == parent:
        time.sleep(1)


def _end_after(ended: Callable[[], None]) -> None:
    ended()
    os._exit(1)


def main() -> None:
    """Run a module as ``python -m`` does, but end with the parent: ``python -m flows.children MODULE ARGUMENT…``."""
    if os.environ.get(PARENT) != str(os.getppid()):
        sys.exit(1)
    end_with_parent()
    sys.argv = sys.argv[1:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
