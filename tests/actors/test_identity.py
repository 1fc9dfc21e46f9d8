"""Identity numbers are found however they are written, and nothing else is taken for one."""

import uuid
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.identity import contains_identity_number, positions
from tests.actors.people import check_digit, identity_number

LONG = identity_number()
SHORT = identity_number(short=True)
COORDINATION = identity_number("19850161")

YES = {
    "twelve digits": LONG,
    "twelve digits with hyphen": identity_number(separator="-"),
    "ten digits": SHORT,
    "ten digits with hyphen": identity_number(short=True, separator="-"),
    "ten digits with plus, older than a hundred": identity_number("19210101", short=True, separator="+"),
    "coordination number": COORDINATION,
    "coordination number, ten digits": identity_number("19850161", short=True, separator="-"),
    "leap day": identity_number("20000229"),
    "two-digit year whose leap day exists in one century": identity_number("20000229", short=True),
    "in a sentence": f"Eleven {LONG} bytte skola.",
    "after a colon": f"pnr:{LONG}",
    "in brackets": f"({SHORT})",
    "before a full stop": f"Det gäller {SHORT}.",
    "in a file name": f"intyg_{SHORT}.pdf",
    "after a word and a hyphen": f"barn-{identity_number(short=True, separator='-')}",
    "before a serial number": f"{identity_number(short=True, separator='-')}-01",
    "no-break space": identity_number(separator="\u00a0"),
    "narrow no-break space": identity_number(separator="\u202f"),
    "thin space": identity_number(short=True, separator="\u2009"),
    "en dash": identity_number(separator="–"),
    "minus sign": identity_number(separator="−"),
    "non-breaking hyphen": identity_number(separator="\u2011"),
    "dash with spaces": identity_number(short=True, separator=" – "),
    "full-width digits": LONG.translate({ord(str(n)): chr(0xFF10 + n) for n in range(10)}),
    "arabic digits": LONG.translate({ord(str(n)): chr(0x0660 + n) for n in range(10)}),
    "zero-width spaces between": "\u200b".join(LONG),
    "soft hyphens between": "\u00ad".join(SHORT),
    "byte order mark before": "\ufeff" + LONG,
    "date with hyphens": "1985-01-01-" + LONG[-4:],
    "date with points": "1985.01.01-" + LONG[-4:],
    "date with spaces": "1985 01 01 " + LONG[-4:],
    "cells of a CSV row": f"{LONG},2026-10-01,1",
    "cells with semicolons": f"a;{SHORT};5",
    "second on the line": f"2026 och {LONG}",
}
WRONG_DIGIT = str((int(LONG[-1]) + 1) % 10)
NO = {
    "empty": "",
    "wrong check digit": LONG[:-1] + WRONG_DIGIT,
    "month 13": identity_number("19851301"),
    "day 32": identity_number("19850132"),
    "day 92 of a coordination number": identity_number("19850192"),
    "30 February": identity_number("19850230"),
    "leap day in a common year": identity_number("19850229"),
    "another century": identity_number("17850101"),
    "organisation number": "212000045" + check_digit("212000045"),
    "organisation number with hyphen": "556000-475" + check_digit("556000475"),
    "organisation number with 16 before": "16" + "212000045" + check_digit("212000045"),
    "inside a longer row of digits": LONG + "7",
    "end of a longer row of digits": "7" + LONG,
    "with decimals": LONG + ".50",
    "with decimal comma": SHORT + ",50",
    "decimals of a number": "0." + SHORT,
    "decimals with comma": "0," + SHORT,
    "letters joined": "a" + SHORT,
    "in a hash": "3f" + SHORT + "9c",
    "Swedish letter joined": "å" + SHORT,
    "in a UUID": "550e8400-e29b-41d4-a716-" + LONG,
    "at the start of a UUID": f"{LONG[:8]}-{LONG[8:]}-41d4-a716-446655440000",
    "an amount": "1 234 567 890,50",
    "a phone number": "070-123 45 67",
    "a date and a time": f"1985-01-01 {LONG[-4:]}",
    "two dates": "20260701-20281231",
    "ISO date": "2026-11-03",
    "serial 000": identity_number(serial="000"),
    "a pseudonym": "p7f3a9",
}


@pytest.mark.parametrize("text", YES.values(), ids=YES)
def test_found(text: str) -> None:
    assert contains_identity_number(text)


@pytest.mark.parametrize("text", NO.values(), ids=NO)
def test_not_mistaken(text: str) -> None:
    assert not contains_identity_number(text)


births = st.dates(date(1900, 1, 1), date(2026, 12, 31)).map(lambda day: day.strftime("%Y%m%d"))
serials = st.integers(1, 999).map(lambda n: f"{n:03}")


@given(born=births, serial=serials, separator=st.sampled_from(["", "-", "+"]), short=st.booleans())
def test_every_right_number_is_found_where_it_stands(born: str, serial: str, separator: str, short: bool) -> None:
    number = identity_number(born, serial, separator=separator, short=short)
    before, after = "Deltagaren ", " är inskriven"
    assert positions(f"{before}{number}{after}") == [(len(before), len(before) + len(number))]


@given(born=births, serial=serials)
def test_a_wrong_check_digit_is_no_number(born: str, serial: str) -> None:
    number = identity_number(born, serial)
    assert not contains_identity_number(number[:-1] + str((int(number[-1]) + 5) % 10))


@given(st.decimals(min_value=Decimal(0), max_value=Decimal("999999999999"), places=2))
def test_an_amount_with_decimals_is_no_number(amount: Decimal) -> None:
    assert not contains_identity_number(f"{amount:f}")
    assert not contains_identity_number(f"{amount:f}".replace(".", ","))


@given(st.uuids())
def test_a_uuid_is_no_number(value: uuid.UUID) -> None:
    assert not contains_identity_number(str(value))


@given(st.text())
def test_any_text_can_be_read(text: str) -> None:
    for start, end in positions(text):
        assert 0 <= start < end <= len(text)


def test_positions_point_into_the_text_as_given() -> None:
    hidden = "\u200b".join(LONG)
    text = f"å {hidden} och {SHORT}"
    assert [text[start:end] for start, end in positions(text)] == [hidden, SHORT]
