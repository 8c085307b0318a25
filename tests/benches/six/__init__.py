"""The same six checks on the same labelled text, by Turnproof, by plain Python, and by three libraries for frames.

1. Speakers alternate. 2. No turn is empty. 3. No turn is longer than 1,400 characters. 4. No turn holds an error of
whatever served a model. 5. No turn holds a token of a chat template (``<|…|>``). 6. Each speaker's label is known.
"""

from __future__ import annotations

from typing import Final

CHECKS: Final = ("alternation", "empty", "length", "serving error", "template token", "label")
CODES: Final = dict(zip(("S201", "S203", "L302", "C401", "C403", "S204"), CHECKS, strict=True))
"""The checks by the codes of the expectations in ``suite.yaml``."""

LABELS: Final = ("Patient", "Therapist", "Client", "Counselor", "User", "Assistant")
LONGEST: Final = 1_400
"""Characters; one turn in two thousand of the corpus has more. ``suite.yaml`` says the same."""

ERROR: Final = r"generation error:|maximum (?:model|context) length"
TOKEN: Final = r"<\|[a-zA-Z]\w{0,40}\|>"

LIBRARIES: Final = {
    "Great Expectations on pandas": "great_expectations",
    "Pandera on Polars": "pandera",
    "Dataframely on Polars": "dataframely",
}
"""The libraries that are compared, by name, and their packages."""
