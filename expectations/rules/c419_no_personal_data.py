"""C419: data that name or reach a person."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from importlib import import_module
from ipaddress import ip_address
from itertools import islice
from typing import Final

import polars as pl

from expectations.rule import Turns, Violation, expectation, patient, therapist, transcript
from schemas.regex import regex

_DIGITS: Final = 6
"""No number that names a person has fewer; the numbers of emergency services and most crisis lines do."""

_ROW: Final = rf"[0-9](?:[ ()./\x{{a0}}\x{{2010}}-\x{{2015}}-]*[0-9]){{{_DIGITS - 1}}}"
_NUMBERS: Final = rf"{_ROW}|[A-Z]{{6}}[0-9]{{2}}[A-Z]|[0-9a-fA-F]:[0-9a-fA-F]*:[0-9a-fA-F]+:"
"""What every number of a person has: a row of digits, or the form of an Italian tax code or of an address of IPv6."""

_SIGNS: Final = rf"@|{_ROW}|[0-9]{{2}}[A-Z]|:[0-9a-fA-F]*:[0-9a-fA-F]+:"
"""The same, or a mail address; what of a number is rarest in prose tells of it."""

_LOGIN: Final = regex(r"\b[a-z][a-z0-9+.-]{1,20}://[^\s/@:]{1,64}:[^\s/@]{1,64}@[^\s/]{2,253}", re.IGNORECASE)
_MAIL: Final = regex(r"(?a)(?<![\w.%+-])([\w.%+-]{1,64})@((?:[\w-]{1,63}\.){1,8}[a-zA-Z]{2,24})\b")
_NOBODYS: Final = regex(
    r"(?:^|\.)(?:example\.(?:com|net|org|edu)|example|test|invalid|localhost|local)$", re.IGNORECASE
)
"""Domains that RFC 2606 and 6761 reserve for examples."""

_MAILBOXES: Final = frozenset(
    "abuse admin billing contact crisis git hello help helpline hostmaster info mail marketing newsletter"
    " no-reply noreply"
    " office postmaster press sales security service support team webmaster".split()
)
"""Mailboxes of a role, in part from RFC 2142: they reach a house, not a person."""
_HELP: Final = frozenset({"jo@samaritans.org", "pat@papyrus-uk.org", "jo@samaritans.ie"})

_CARD: Final = regex(r"(?a)(?<![\w.,-])(?:\d[ -]?){12,18}\d(?![\w-])")
_BRANDS: Final = regex(
    r"4\d{12}(?:\d{3}){0,2}|5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}|3[47]\d{13}"
    r"|3(?:0[0-5]|[68]\d)\d{11}|35\d{14}|6(?:011|5\d\d)\d{12}|62\d{14,17}"
)
"""Lengths and first digits of Visa, Mastercard, American Express, Diners, JCB, Discover, UnionPay."""

_IBAN: Final = regex(r"(?a)\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?\b")
_IDS: Final = (
    ("a US social security number", r"\d{3}-\d{2}-\d{4}", "us.ssn", ""),
    ("a US social security number", r"\d{9}", "us.ssn", r"\bSSN\b|(?i:social security)"),
    ("a UK national insurance number", r"[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z](?: ?\d{2}){3} ?[A-D]", "", ""),
    ("a UK NHS number", r"\d{3}[ -]?\d{3}[ -]?\d{4}", "gb.nhs", r"\bNHS\b"),
    ("a German tax number", r"[1-9]\d ?\d{3} ?\d{3} ?\d{3}", "de.idnr", ""),
    ("a French social security number", r"[12] ?\d{2} ?\d{2} ?\d[\dAB] ?\d{3} ?\d{3} ?\d{2}", "fr.nir", ""),
    ("a Spanish identity number", r"\d{8}[ -]?[A-Z]", "es.dni", ""),
    ("a Spanish identity number", r"[XYZ][ -]?\d{7}[ -]?[A-Z]", "es.nie", ""),
    ("an Italian tax code", r"[A-Z]{6}\d{2}[A-Z]\d{2}[A-Z]\d{3}[A-Z]", "it.codicefiscale", ""),
    ("a Chinese identity number", r"[1-9]\d{16}[\dXx]", "cn.ric", ""),
    ("a Brazilian tax number", r"\d{3}\.\d{3}\.\d{3}-\d{2}", "br.cpf", ""),
    ("an Indian Aadhaar number", r"[2-9]\d{3} \d{4} \d{4}", "in_.aadhaar", ""),
    ("a Swedish identity number", r"(?:\d{2})?\d{6}-\d{4}", "se.personnummer", ""),
    ("a Canadian social insurance number", r"\d{3}[ -]?\d{3}[ -]?\d{3}", "ca.sin", r"\bSIN\b|(?i:social insurance)"),
)
"""(what it is, its form, the module of python-stdnum that knows its checksum, what the turn has to say as well)."""
_NO_PREFIX: Final = regex("BG|GB|NK|KN|TN|NT|ZZ")

_ADDRESS: Final = regex(
    r"(?a)(?<![\w.:])(?:\d{1,3}(?:\.\d{1,3}){3}|(?:[0-9A-Fa-f]{1,4}:){1,7}(?::"
    r"|[0-9A-Fa-f]{1,4})(?::?[0-9A-Fa-f]{1,4}){0,6})"
    r"(?![\w:]|\.\d)"
)
_VERSION: Final = regex(r"(?i:version|build|release|firmware|\bv) ?$")

_NUMBER: Final = regex(r"(?a)(?<![\w.,-])[+(]?\d(?:[ ()./\u00a0\u2010-\u2015-]{0,3}\d){6,16}(?!\w)")
_IN_FILMS: Final = regex(r"\d{3}\)?[ .-]?555[ .-]?\d{4}$")
_GROUPED: Final = regex(r"\d[ ()./\u00a0\u2010-\u2015-]+\d")
_CALL: Final = regex(
    r"(?i:\b(?:call|ring|text|phone|mobile|cell|tel|number|whatsapp|reach|contact|handy|telefon|nummer|anrufen"
    r"|téléphone"
    r"|portable|numéro|teléfono|móvil|número|llam\w+)\b|手机|电话|号码|微信)[^\n]{0,40}$"
)
"""What announces a number that is written without groups; without it, it counts something else."""

_BEFORE: Final = 80
"""Characters before a number that may announce it."""

_TRIES: Final = 1_000
"""So many of what may be phone numbers are tried in a turn; for each region it takes a tenth of a millisecond."""


def _find(text: str, regions: tuple[str, ...]) -> dict[str, str] | None:
    """The first kind of personal data that a text holds, with its place."""
    searches: tuple[Callable[[str], Iterator[tuple[str, str]]], ...] = (
        _logins,
        _mails,
        _numbers,
        partial(_phones, regions=regions),
    )
    for search in searches:
        for what, found in search(text):
            return {"what": what, "found": found}
    return None


def _logins(text: str) -> Iterator[tuple[str, str]]:
    if "://" in text and "@" in text:
        yield from (("an address with a password", found[0]) for found in _LOGIN.finditer(text))


def _mails(text: str) -> Iterator[tuple[str, str]]:
    if "@" not in text:
        return
    for found in _MAIL.finditer(text):
        known = found[1].lower() in _MAILBOXES or found[0].lower() in _HELP
        if not known and not _NOBODYS.search(found[2]):
            yield "an e-mail address", found[0]


def _numbers(text: str) -> Iterator[tuple[str, str]]:
    """Numbers with a checksum or a form of their own, and addresses of machines."""
    for found in _IBAN.finditer(text):
        if _valid("iban", found[0]):
            yield "a bank account number (IBAN)", found[0]
    for found in _CARD.finditer(text):
        if _BRANDS.fullmatch(re.sub(r"\D", "", found[0])) and _valid("luhn", re.sub(r"\D", "", found[0])):
            yield "a payment card number", found[0]
    for what, form, module, also in _IDS:
        if also and not re.search(also, text):
            continue
        for found in re.finditer(rf"(?a)(?<![\w.,+-]){form}(?![\w-]|[.,]\d)", text):
            if _valid(module, found[0]) if module else not _NO_PREFIX.match(found[0]):
                yield what, found[0]
    for found in _ADDRESS.finditer(text):
        if not _VERSION.search(text[max(0, found.start() - 12) : found.start()]) and _is_global(found[0]):
            yield "an IP address", found[0]


def _valid(module: str, number: str) -> bool:
    """Whether python-stdnum knows the number as valid. Imported here, since few batches need it."""
    return bool(import_module(f"stdnum.{module}").is_valid(number))


def _is_global(address: str) -> bool:
    try:
        known = ip_address(address)
    except ValueError:
        return False
    # "a::b" may be anything; an address that someone has is longer.
    return known.is_global and sum(character.isalnum() for character in address) > _DIGITS


def _lines_with_numbers(text: str) -> list[str]:
    """The lines that hold what may be phone numbers, up to the one with the last that is tried."""
    found: list[str] = []
    numbers = 0
    for line in text.splitlines():
        more = sum(1 for _ in islice(_NUMBER.finditer(line), _TRIES))
        found += [line] * bool(more)
        numbers += more
        if numbers >= _TRIES:
            break
    return found


def _phones(text: str, regions: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    lines = _lines_with_numbers(text)
    if not lines:
        return
    import phonenumbers  # noqa: PLC0415 - a tenth of a second that few batches need

    private = (
        phonenumbers.PhoneNumberType.FIXED_LINE,
        phonenumbers.PhoneNumberType.MOBILE,
        phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE,
        phonenumbers.PhoneNumberType.VOIP,
        phonenumbers.PhoneNumberType.PERSONAL_NUMBER,
    )
    exact = phonenumbers.Leniency.EXACT_GROUPING
    for line in lines:
        for region in regions:
            for found in phonenumbers.PhoneNumberMatcher(line, region, leniency=exact, max_tries=_TRIES):
                announced = (
                    found.raw_string.startswith("+")
                    or _GROUPED.search(found.raw_string)
                    or _CALL.search(line[max(0, found.start - _BEFORE) : found.start])
                )
                if (
                    announced
                    and not _IN_FILMS.search(found.raw_string)
                    and phonenumbers.number_type(found.number) in private
                ):
                    yield "a phone number", found.raw_string


@expectation(
    "C419",
    "no_personal_data",
    scope="turn",
    severity="warning",
    since="0.1",
    holds=[
        transcript(
            patient("Call 988, 116 123, 0800 111 0 111, 1-800-273-8255 or 13 11 14, you said. Or 112."),
            therapist(
                "Or write to jo@samaritans.org or info@telefonseelsorge.de. Call me at 5, or 17:30 on 12/11/2023."
            ),
        ),
        transcript(
            patient("From 1998-2003, then 2010 2011 2012; ISBN 978-3-16-148410-0; version 10.0.19041.1023."),
            therapist("PHQ-9: 12 14 15 16 9 8. It cost 1,000,000 or 250 000 000. Room 1234567. Order 4158675309."),
        ),
        transcript(
            patient("It was (212) 555-0123, and ann@example.com, in the film. My router is 192.168.100.100."),
            therapist("3.14159265358979 is pi. @home, I'd say. Case 123-45-678, card 1234 5678 9012 3456."),
        ),
        transcript(
            patient("Pi: 31415926535. A to-do: 1) 2) 3) 4) 5) 6) 7) 8)"), therapist("4-7-8-4-7-8-4-7-8 breathing.")
        ),
    ],
    violated=[
        transcript(patient("Write to ann.lee@gmail.com."), therapist("Yes."), at=0, evidence="•••.•••@•••••.•••"),
        transcript(patient("I'm at +1 415 867 5309."), therapist("Yes."), at=0, evidence="+• ••• ••• ••••"),
        transcript(patient("Hi."), therapist("Call me: 07911 123456."), at=1, evidence="••••• ••••••"),
        transcript(patient("My number is 4158675309."), therapist("Yes."), at=0, evidence="••••••••••"),
        transcript(patient("Meine Nummer ist 0151 23456789."), therapist("Ja."), at=0),
        transcript(patient("It's 4111 1111 1111 1111."), therapist("No!"), at=0, evidence="•••• •••• •••• ••••"),
        transcript(patient("My SSN is 536-90-4399."), therapist("No!"), at=0, evidence="•••-••-••••"),
        transcript(patient("My NI number: AB 12 34 56 C"), therapist("No!"), at=0),
        transcript(patient("DE89 3704 0044 0532 0130 00"), therapist("No!"), at=0),
        transcript(patient("Mein Steuer-Id: 36 574 261 809"), therapist("Nein!"), at=0),
        transcript(patient("I see 93.184.216.34 in the log."), therapist("Hm."), at=0, evidence="••.•••.•••.••"),
        transcript(patient("ftp://ann:secret@files.host.net/"), therapist("Hm."), at=0),
        transcript(patient("我的手机号码是13812345678"), therapist("嗯。"), at=0),
    ],
)
def no_personal_data(turns: Turns, *, regions: str = "US GB DE FR ES CN IN") -> Violation:
    """A turn holds data that name or reach a person: an address, a number, a password.

    Why it matters: people talk about themselves in confidence. A model that was trained on such data may recite them.

    What to do: replace them before the transcript goes anywhere; reports show the place and the form, never the letters
    and digits. Numbers count if their checksum, form or grouping is right: e-mail addresses, phone, card and account
    numbers, national ids, IP addresses, addresses with a password. What reaches nobody in private does not: crisis
    lines and toll-free numbers, mailboxes such as `info@`, the domains and numbers (555) that are kept for examples and
    films.

    Thresholds: `regions`: countries whose national phone numbers are known, as ISO codes with blanks between; numbers
    with a `+` are known from everywhere. Ours: the countries of the languages that transcripts come in most.
    """
    text = turns.text
    at = text.str.contains("@", literal=True)
    some = at | (text.str.contains(_NUMBERS) & text.str.contains("[0-9]"))
    find = partial(_find, regions=tuple(regions.split()))
    kind = pl.Struct({"what": pl.String, "found": pl.String})
    found = pl.when(some).then(text).map_elements(find, return_dtype=kind)
    return Violation(
        signs=_SIGNS,
        when=found.struct.field("found").is_not_null(),
        message="{what} stands in {speaker}'s turn",
        values={"what": found.struct.field("what")},
        evidence=found.struct.field("found"),
        masked=True,
    )
