"""F111: chats whose roles are all one, told apart by names."""

from __future__ import annotations

from expectations.rule import Symptom, expectation, source

_TWO_ROLES = (
    '{"messages": [{"role": "user", "name": "Anna", "content": "Hi."},'
    ' {"role": "assistant", "name": "Ben", "content": "Hello."}]}\n'
)
_ONE_ROLE = _TWO_ROLES.replace('"user"', '"assistant"')


@expectation(
    "F111",
    "roles_to_agree_with_names",
    scope="source",
    severity="info",
    since="0.1",
    holds=[
        source(_TWO_ROLES),
        source(_ONE_ROLE.replace('"Anna"', '"Ben"')),
        source("Patient: Hi.\n\nTherapist: Hello.\n"),
    ],
    violated=[source(_ONE_ROLE, line=1), source(_TWO_ROLES + _ONE_ROLE, line=2)],
)
def roles_to_agree_with_names() -> Symptom:
    """All messages of a chat have one role, and names tell its speakers apart.

    Why it matters: where two models talk to each other, both are often written as `assistant`. The names are read as
    the speakers, since by their roles one person would talk to themselves.

    What to do: look whether the names are the speakers, and add them to the suite's roster, or give the messages their
    roles in the source.
    """
    return Symptom("renamed", known_once="claimed")
