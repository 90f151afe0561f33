"""Personal data inside actions: whose, of which kind, of how many people."""

from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from approvals.canonical import Action
from approvals.risk import Severity, assess
from approvals.risk.context import Context
from approvals.risk.personal_data_ids import IDS
from approvals.risk.tables import names

MEDIUM, LOW = Severity.MEDIUM, Severity.LOW


def data_in(value, member="body", **more):
    action = Action("note.add", "bot", {member: value}, **more)
    found = assess(action).findings
    return [one for one in found if one.code.startswith("personal_data.")]


def codes_in(value, member="body"):
    return {
        (one.code.partition(".")[2], one.severity) for one in data_in(value, member)
    }


MATTERS = [
    ("card 4539 1488 0343 6467", "card"),
    ("card 4539-1488-0343-6467", "card"),
    ("pay with 4539148803436467", "card"),
    ("amex 3782 822463 10013", None),
    ("amex 3714 496353 98439", None),
    ("IBAN DE89 3704 0044 0532 0130 00 please", "bank_account"),
    ("to GB82WEST12345698765432 today", "bank_account"),
    ("gb82 west 1234 5698 7654 32 today", "bank_account"),
    ("SSN: 123-45-6789", "national_id"),
    ("his social security number is 123-45-6789", "national_id"),
    ("social security 123456789", "national_id"),
    ("NI number AB 12 34 56 C", "national_id"),
    ("Steuer-ID 86095742719", "national_id"),
    ("NIR 1 84 12 76 451 089 46", "national_id"),
    ("DNI 12345678Z", "national_id"),
    ("NIE X1234567L", "national_id"),
    ("codice fiscale RSSMRA85T10A562S", "national_id"),
    ("BSN 111222333", "national_id"),
    ("PESEL 44051401359", "national_id"),
    ("CPF 529.982.247-25", "national_id"),
    ("529.982.247-25", "national_id"),
    ("Aadhaar 2341 2341 2346", "national_id"),
    ("PAN ABCPE1234F", "national_id"),
    ("SIN 130 692 544", "national_id"),
    ("personnummer 811218-9876", "national_id"),
    ("131052-308T", "national_id"),
    ("756.9217.0769.85", "national_id"),
    ("11010519491231002X", "national_id"),
    ("TC kimlik 10000000146", "national_id"),
    ("TFN 123 456 782", "national_id"),
    ("12.345.678-5", "national_id"),
    ("passport number: C01X00T47", "passport"),
]


@pytest.mark.parametrize(
    ("text", "code"), [case for case in MATTERS if case[1]], ids=lambda value: value
)
def test_numbers_that_can_harm_somebody_are_medium(text, code):
    (found,) = [one for one in data_in(text) if one.severity is MEDIUM]
    assert found.code == f"personal_data.{code}"
    assert found.pointer == "/arguments/body"
    start, end = found.span
    assert any(char.isdigit() for char in text[start:end])


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("card 4539 1488 0343 6468", "card"),
        ("IBAN DE88 3704 0044 0532 0130 00", "bank_account"),
        ("IBAN DE89 3704 0044 0532 0130", "bank_account"),
        ("SSN 666-45-6789", "national_id"),
        ("SSN 900-45-6789", "national_id"),
        ("SSN 078-05-1120", "national_id"),
        ("NINO QQ 12 34 56 C", "national_id"),
        ("Steuer-ID 86095742710", "national_id"),
        ("NIR 1 84 12 76 451 089 47", "national_id"),
        ("DNI 12345678A", "national_id"),
        ("BSN 111222334", "national_id"),
        ("PESEL 44051401358", "national_id"),
        ("CPF 529.982.247-26", "national_id"),
        ("Aadhaar 2341 2341 2347", "national_id"),
        ("SIN 130 692 545", "national_id"),
        ("TC kimlik 10000000147", "national_id"),
        ("codice fiscale RSSMRA85T10A562T", "national_id"),
        ("11010519491231002Y", "national_id"),
    ],
    ids=lambda value: value,
)
def test_a_wrong_check_digit_is_no_such_number(text, code):
    assert f"personal_data.{code}" not in {one.code for one in data_in(text)}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("write to ann@example.com", "email"),
        ("call +49 30 901820", "phone"),
        ("call (212) 555-0123", "phone"),
        ("call 0171 1234567", "phone"),
        ("date of birth: 1990-02-03", "birth_date"),
        ("geboren am 3.2.1990", "birth_date"),
        ("test with 4242 4242 4242 4242", "card"),
        ("test with 4111111111111111", "card"),
        ("123-45-6789", "national_id"),
        ("12345678Z", "national_id"),
    ],
    ids=lambda value: value,
)
def test_ordinary_business_and_test_data_are_only_notes(text, code):
    assert codes_in(text) == {(code, LOW)}


@pytest.mark.parametrize(
    ("member", "value", "code"),
    [
        ("iban", "DE89370400440532013000", "bank_account"),
        ("recipient", "GB82 WEST 1234 5698 7654 32", "bank_account"),
        ("date_of_birth", "1990-01-01", "birth_date"),
        ("dob", "1990-01-01", "birth_date"),
        ("passport_number", "C01X00T47", "passport"),
        ("email", "ann@example.com", "email"),
    ],
)
def test_a_value_in_the_member_made_for_it_is_a_note(member, value, code):
    assert codes_in(value, member) == {(code, LOW)}


QUIET = [
    "order #W2378156, item 1151293680 and 4896585277",
    "credit_card_1234567 and gift_card_7654321",
    "flight HAT045 on 2026-05-20 at 07:00:00",
    "reservation K1NW8N, zip 19122, gate 12",
    "10.0.0.1 and 2001:db8::1 and 1.2.3.4.5",
    "0.4539148803436467",
    "550e8400-e29b-41d4-a716-446655440000",
    "9fceb02d0ae598e95dc970b74767f19372d61af8",
    "1732199999999 and 1732199999",
    "version 2.0.0-20240115, build 20240115",
    "total: $1,234,567.89 or 1234567.89 EUR",
    "ISBN 978-3-16-148410-0",
    "git@github.com/x and @ann and a@b",
    "meeting on 2026-11-21, born to run",
    "tracking 1Z999AA10123456784",
]


@pytest.mark.parametrize("text", QUIET, ids=lambda text: text[:20])
def test_other_numbers_stay_quiet(text):
    assert data_in(text) == []


def test_an_order_number_with_a_lucky_check_digit_is_a_note():
    assert codes_in("4539148803436467", "order_id") == {("card", LOW)}


def test_numbers_are_found_in_integers_too():
    (found,) = data_in(4539148803436467, "value")
    assert (found.code, found.span) == ("personal_data.card", None)


def test_an_address_list_is_many_people_and_says_how_many():
    text = ", ".join(f"person{n}@example.com" for n in range(12))
    (found,) = [one for one in data_in(text) if one.severity is MEDIUM]
    assert (found.code, found.scale) == ("personal_data.many_people", 12)


def test_nine_addresses_and_one_address_often_are_no_list():
    nine = ", ".join(f"person{n}@example.com" for n in range(9))
    assert MEDIUM not in {one.severity for one in data_in(nine)}
    assert MEDIUM not in {one.severity for one in data_in("ann@example.com " * 50)}


def test_colleagues_are_no_list():
    text = ", ".join(f"person{n}@ours.example" for n in range(12))
    action = Action("note.add", "bot", {"body": text})
    found = assess(action, Context(internal_domains=("ours.example",))).findings
    assert "personal_data.many_people" not in {one.code for one in found}


def test_who_the_action_is_for_is_no_finding():
    assert data_in("hello", subject="ann@example.com") == []
    assert data_in("ann@example.com", "email", subject="ann@example.com") == []


def test_messages_repeat_no_number():
    for text, _ in MATTERS:
        digits = {part for part in text.split() if part.isdigit() and len(part) > 2}
        said = " ".join(f"{one.message} {one.target}" for one in data_in(text))
        assert not [part for part in digits if part in said]


def _shapes():
    for one in IDS:
        yield from filter(None, [*one.shapes.split(";"), *one.plain.split(";")])


DIGITS = st.sampled_from("0123456789")
LETTERS = st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZ")


@st.composite
def shaped(draw):
    shape = draw(st.sampled_from(sorted(set(_shapes()))))
    kinds = {"9": DIGITS, "A": LETTERS}
    return "".join(draw(kinds[char]) if char in kinds else char for char in shape)


WORDS = sorted(names("ssn bsn pesel cpf dni steuer sin cpr kimlik tfn rut pan aadhaar"))


@settings(max_examples=150, deadline=None)
@given(st.lists(shaped() | st.sampled_from(WORDS) | st.text(max_size=12), max_size=9))
def test_any_number_is_judged_and_spans_lie_in_the_text(parts):
    text = " ".join(parts)
    for found in data_in(text):
        assert not found.code.endswith("uninspectable")
        assert 0 <= found.span[0] < found.span[1] <= len(text)


@pytest.mark.parametrize(
    "unit",
    ["4", "a@b.c ", "DE89 3704 0044 0532 0130 00 ", "bsn 111222333 ", "+1", "1 "],
)
def test_time_grows_with_the_text_and_no_faster(unit):
    text = unit * (256 * 1024 // len(unit))
    started = process_time()
    data_in(text)
    assert process_time() - started < 2.0


@pytest.mark.parametrize(
    "text",
    [
        "NHS number 943 476 5919",
        "NRIC: S1234567D",
        "HKID A123456(3)",
        "KTP NIK 3171011708450001",
        "SNILS 112-233-445 95",
        "her passport number is C01X00T47",
        "driver's license no. D1234567",
        "rodné číslo 736028/5163",
        "паспорт 4509 123456",
        "My Number 1234 5678 9018",
    ],
)
def test_a_word_that_names_a_states_number_is_enough(text):
    assert Severity.MEDIUM in {one.severity for one in data_in(text)}


@pytest.mark.parametrize(
    "text",
    [
        "passport.js 0.6.0 was released on 2023-05-20",
        "the passport office opens on 12.05.2024",
        "national identity is a topic of chapter 12",
        "driving licence fees rose to 34 pounds",
        "NRIC checks were added in release 2024-01-15",
    ],
)
def test_such_a_word_without_a_number_is_not(text):
    assert not [one for one in data_in(text) if one.severity is Severity.MEDIUM]


@pytest.mark.parametrize("mark", [".", "\u00a0", "\u202f"])
def test_cards_are_found_whatever_parts_their_digits(mark):
    number = mark.join(["4539", "1488", "0343", "6467"])
    assert ("card", MEDIUM) in codes_in(f"card {number}")
