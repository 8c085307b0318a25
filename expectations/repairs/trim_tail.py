"""The repair `trim_tail`."""

from __future__ import annotations

from expectations.repair import Repair, taking_out

REPAIR = Repair(
    "trim_tail",
    safe=True,
    order=60,
    brief="takes out the last turn: a serving error, a placeholder, an unanswered one",
    change=taking_out,
)
