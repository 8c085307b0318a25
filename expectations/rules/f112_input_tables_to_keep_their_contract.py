"""F112: rows of turn tables that don't keep the contract of turn tables."""

from __future__ import annotations

from expectations.rule import Symptom, expectation, source

_HEADER = "session_id,turn,speaker,text,start,end\n"
_SOUND = f"{_HEADER}a,0,Patient,Hi.,0.5,1\na,1,Therapist,Hello.,1,2.5\n"


@expectation(
    "F112",
    "input_tables_to_keep_their_contract",
    scope="source",
    severity="critical",
    since="0.1",
    holds=[
        source(_SOUND),
        source(f"{_SOUND}b,0,Patient,Again.,,\nb,1,Therapist,Yes.,,\n"),
        source("speaker,text\nPatient,Hi.\nTherapist,Hello.\n"),
        # Ids that are no numbers, annotators who repeat a row, rows in any order, and dates are nothing odd.
        source("utterance_id,speaker,text\nx1,Patient,Hi.\nx1,Patient,Hi.\nx2,Therapist,Hello.\n"),
        source("turn,speaker,text\n2,Therapist,Hello.\n1,Patient,Hi.\n"),
        source("timestamp,speaker,text\n2024-05-01 10:00:00,Patient,Hi.\n2024-05-01 10:00:09,Therapist,Hello.\n"),
    ],
    violated=[
        source(f"{_SOUND},2,Patient,Bye.,3,4\n", line=4),
        source(f"{_SOUND}a,2, ,Bye.,3,4\n", line=4),
        source(f"{_SOUND}a,two,Patient,Bye.,3,4\n", line=4),
        source(f"{_SOUND}a,1,Patient,Bye.,3,4\n", line=4),
        source(f"{_SOUND}a,2,Patient,Bye.,soon,4\n", line=4),
        source(f"{_SOUND}a,2,Patient,Bye.,,-4\n", line=4),
        source(f"{_SOUND}a,2,Patient,Bye.,5,4\n", line=4),
    ],
)
def input_tables_to_keep_their_contract() -> tuple[Symptom, ...]:
    """A row of a turn table has no transcript id, no speaker or no text, or an order or time that can't be.

    Why it matters: a row without an id or a speaker has lost whose turn it is, and turns whose order is in doubt may
    stand in the wrong place. A number is in doubt if it is negative, twice in one transcript, or none at all among
    numbers; so is an end before its start.

    What to do: mend the row at the line that the finding names (in Parquet its number, counted from 1). What is in
    doubt is a warning: the rows keep the order of the file, or that of their starts.
    """
    return (
        Symptom("contract", known_once="claimed"),
        Symptom("contract_doubt", known_once="claimed", severity="warning"),
    )
