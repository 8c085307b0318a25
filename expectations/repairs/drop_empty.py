"""The repair `drop_empty`."""

from __future__ import annotations

from expectations.repair import Repair, taking_out

REPAIR = Repair("drop_empty", safe=False, order=70, brief="takes out turns without visible text", change=taking_out)
