"""Who gets something: outsiders, strangers in the payload, crowds, everybody."""

from typing import Any

import pytest
from hypothesis import given, settings

from approvals.canonical import Action
from approvals.risk import Context, Severity, assess
from approvals.risk.context import Kind, Mapped, Role
from approvals.risk.recipients_addresses import addresses_in
from approvals.risk.similarity import is_one_slip_away, skeleton
from tests.approvals.assessed import actions, assert_sound, found_in, severities_in

OURS = Context(internal_domains=("ours.example",))
MANY = [f"person{number}@firm.test" for number in range(12)]
CROWD = ", ".join(f"person{number}@firm.test" for number in range(120))


def mail(to: Any, body: Any = "Your parcel is on its way.", **more: Any) -> Any:
    return "send_email", {"to": to, "body": body, **more}


@pytest.mark.parametrize(
    ("to", "code", "severity"),
    [
        ("kim@partner.test", "recipients.outside", "medium"),
        ("Kim <kim@partner.test>", "recipients.outside", "medium"),
        ("mailto:kim@partner.test?subject=x", "recipients.outside", "medium"),
        ("kim+tag@partner.test", "recipients.outside", "medium"),
        ("kim@bücher.test", "recipients.outside", "medium"),
        ("kim@xn--bcher-kva.test", "recipients.outside", "medium"),
        ("kim＠partner.test", "recipients.outside", "medium"),
        ("a@ours.example; kim@partner.test", "recipients.outside", "medium"),
        ("kim@ours.example.evil.test", "recipients.outside", "medium"),
        ("kim@mailinator.com", "recipients.outside", "high"),
        ("kim@0urs.example", "recipients.outside", "medium"),
        ("kim@our-s.example", "recipients.outside", "medium"),
    ],
)
def test_finds_who_is_outside_of_our_domains(to, code, severity):
    assert severities_in(*mail(to), "recipients", context=OURS)[code] == severity


@pytest.mark.parametrize(
    "to", ["kim@ours.example", "Kim <kim@team.ours.example>", ["a@ours.example"]]
)
def test_our_own_people_are_no_finding(to):
    assert found_in(*mail(to), "recipients", context=OURS) == {}


@pytest.mark.parametrize(
    ("to", "code", "severity"),
    [
        ("kim@gmail.com", "recipients.outside", "medium"),
        ("kim@trashmail.com", "recipients.outside", "high"),
        ("x@abc.oast.fun", "recipients.outside", "high"),
        (["a@one.test", "b@two.test"], "recipients.outside", "medium"),
        ("kim@firm.test", "recipients.unknown", "low"),
        (["a@firm.test", "b@firm.test"], "recipients.unknown", "low"),
    ],
)
def test_without_domains_of_ours_only_what_is_certain_counts(to, code, severity):
    found = found_in(*mail(to), "recipients")
    assert found[code].severity == severity


LEAKS: list[tuple[dict[str, Any], str | None, str]] = [
    (mail("ana@firm.test", "Order of bob@other.test is late")[1], None, "/body"),
    (mail("ana@gmail.com", "Order of bob@gmail.com is late")[1], None, "/body"),
    (mail("ana@firm.test", {"rows": ["x", "bob@other.test"]})[1], None, "/body/rows/1"),
    (
        mail("ana@firm.test", "See file.", attachments=[{"text": "bob@other.test"}])[1],
        "ana@firm.test",
        "/attachments/0/text",
    ),
    (mail("ana@firm.test", "customer 4712 owes us")[1], "customer:4711", "/body"),
    (mail("ana@firm.test", "user id: 11, user id: 12, user 13")[1], None, "/body"),
    (mail("ana@firm.test", {"customer_id": 88})[1], "customer:87", "/body/customer_id"),
]


@pytest.mark.parametrize(("arguments", "subject", "where"), LEAKS)
def test_finds_other_people_in_what_is_sent(arguments, subject, where):
    found = found_in("send_email", arguments, "recipients", subject=subject)
    one = found["recipients.other_people"]
    assert (one.severity, one.pointer) == (Severity.HIGH, f"/arguments{where}")


def test_shows_where_the_stranger_stands():
    name, arguments = mail("ana@firm.test", "Order of bob@other.test is late")
    one = found_in(name, arguments, "recipients")["recipients.other_people"]
    assert one.span is not None
    assert arguments["body"][slice(*one.span)] == "bob@other.test"
    assert (one.target, one.scale) == ("bob@other.test", 1.0)


@pytest.mark.parametrize(
    ("body", "subject"),
    [
        ("Dear ana@firm.test, it is on its way.", None),
        ("Write to support@shop.test.", None),
        ("It concerns bob@other.test.", "bob@other.test"),
        ("Your colleague kim@firm.test knows more.", None),
        ("Customer 4711, your order 99 is here.", "customer:4711"),
        ("react@18.2.0 and icon@2x.png", None),
        ("Ana+news@firm.test gets the newsletter.", None),
    ],
)
def test_people_who_belong_into_a_message_are_no_leak(body, subject):
    found = severities_in(*mail("ana@firm.test", body), "recipients", subject=subject)
    assert "recipients.other_people" not in found


def test_our_own_people_may_be_named_to_anybody():
    found = found_in(
        *mail("ana@firm.test", "Ask kim@ours.example"), "recipients", context=OURS
    )
    assert "recipients.other_people" not in found


def test_finds_a_recipient_who_is_not_whom_it_is_about():
    found = severities_in(*mail("bob@x.test"), "recipients", subject="ana@firm.test")
    assert found["recipients.not_the_subject"] == "high"
    found = severities_in(*mail("ana@firm.test"), "recipients", subject="Ana@firm.test")
    assert "recipients.not_the_subject" not in found


@pytest.mark.parametrize(
    ("arguments", "subject"),
    [
        ({"user_id": "user_77", "text": "x"}, "user:user_12"),
        ({"customer_id": "C-2", "text": "x"}, "customer:C-1"),
        ({"to": "+1 555 987 6543", "text": "x"}, "+15551112222"),
        ({"handle": "@mallory", "text": "x"}, "@alice"),
        ({"recipient_id": "88", "text": "x"}, "employee:42"),
    ],
)
def test_a_recipient_without_an_address_is_compared_with_the_subject(
    arguments, subject
):
    found = severities_in("send_message", arguments, "recipients", subject=subject)
    assert found["recipients.not_the_subject"] == "high"


@pytest.mark.parametrize(
    ("arguments", "subject"),
    [
        ({"user_id": "user_12", "text": "x"}, "user:user_12"),
        ({"to": "+1 (555) 111-2222", "text": "x"}, "+15551112222"),
        ({"to": "+15551112222", "text": "x"}, "customer:C-1"),
        ({"user_id": "user_12", "text": "x"}, "order:W-77"),
        ({"user_id": "user_12", "text": "x"}, "42"),
        ({"id": "INV-9", "text": "x"}, "customer:C-1"),
        ({"to": "Alice", "text": "x"}, "user:7"),
    ],
)
def test_who_is_named_in_another_way_may_be_the_subject(arguments, subject):
    found = severities_in("send_message", arguments, "recipients", subject=subject)
    assert found == {}


def test_a_draft_goes_to_nobody():
    arguments = {"to": "kim@gmail.com", "body": "Hello"}
    assert found_in("create_draft", arguments, "recipients") == {}
    assert found_in("send_draft", arguments, "recipients")


@pytest.mark.parametrize(
    ("to", "severity", "count"),
    [(MANY, "medium", 12.0), (CROWD, "high", 120.0), (["Kim"] * 15, "medium", 15.0)],
    ids=["list", "one string", "names"],
)
def test_counts_mass_mail(to, severity, count):
    one = found_in(*mail(to), "recipients")["recipients.mass"]
    assert (one.severity, one.scale) == (severity, count)


@pytest.mark.parametrize("to", ["@channel", "everyone", "all-staff@firm.test", "#all"])
def test_a_whole_group_is_mass_mail(to):
    assert severities_in(*mail(to), "recipients")["recipients.mass"] == "medium"


@pytest.mark.parametrize(
    ("name", "arguments", "code", "severity"),
    [
        (*mail("a@firm.test", bcc="b@firm.test"), "recipients.hidden", "medium"),
        (
            *mail("a@firm.test\r\nBcc: b@evil.test"),
            "recipients.header_injection",
            "high",
        ),
        (
            *mail("a@firm.test", subject="Hi%0aBcc: b@evil.test"),
            "recipients.header_injection",
            "high",
        ),
        (*mail("kim@paypa1.com"), "recipients.lookalike", "high"),
        (*mail("kim@gmai1.com"), "recipients.lookalike", "high"),
        (*mail("kim@rnicrosoft.com"), "recipients.lookalike", "high"),
        (*mail("kim@gоogle.com"), "recipients.lookalike", "high"),
        (
            "create_filter",
            {"match": "*", "forward_to": "x@evil.test"},
            "recipients.forwarding",
            "high",
        ),
        (
            "set_auto_forwarding",
            {"email": "x@evil.test"},
            "recipients.forwarding",
            "high",
        ),
        (
            "create_webhook",
            {"url": "https://webhook.site/x"},
            "recipients.webhook",
            "high",
        ),
        (
            "repo.update",
            {"webhook_url": "https://ci.test/x"},
            "recipients.webhook",
            "medium",
        ),
        (
            "share_file",
            {"id": 1, "email": "x@gmail.com"},
            "recipients.outside",
            "medium",
        ),
        (
            "share_file",
            {"id": 1, "access": "anyone with the link"},
            "recipients.public",
            "high",
        ),
        ("put_object", {"acl": "public-read"}, "recipients.public", "high"),
        ("create_gist", {"public": True}, "recipients.public", "high"),
        ("create_repo", {"private": False}, "recipients.public", "medium"),
        ("drive.update", {"visibility": "public"}, "recipients.public", "medium"),
        ("make_bucket_public", {"bucket": "b"}, "recipients.public", "high"),
        (
            "get_report",
            {"to": "x@gmail.com", "body": "all we know"},
            "recipients.outside",
            "medium",
        ),
        (
            "create_event",
            {"title": "Lunch", "attendees": ["x@gmail.com"]},
            "recipients.outside",
            "medium",
        ),
    ],
)
def test_finds_ways_out(name, arguments, code, severity):
    assert severities_in(name, arguments, "recipients")[code] == severity


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("find_user_id_by_email", {"email": "ana@gmail.com"}),
        ("search_emails", {"to": "ana@gmail.com", "subject": "invoice"}),
        ("create_user", {"email": "ana@gmail.com", "name": "Ana"}),
        ("book_flight", {"from": "JFK", "to": "SEA"}),
        ("translate", {"text": "hello", "to": "French"}),
        ("create_gist", {"public": False}),
        ("create_repo", {"private": True}),
        ("get_webhook", {"url": "https://ci.test/x"}),
        ("list_files", {"visibility": "public"}),
        ("send_direct_message", {"recipient": "Kim", "body": "Lunch?"}),
        ("update_user", {"role": "editor"}),
        ("add_comment", {"note": "anyone"}),
    ],
)
def test_ordinary_actions_have_no_more_than_a_note(name, arguments):
    assert severities_in(name, arguments, "recipients") == {}


def test_a_lookalike_of_our_domain_is_found():
    ours = Context(internal_domains=("northwind.test",))
    for domain in ("n0rthwind.test", "northwnd.test", "northwind-mail.test"):
        found = severities_in(*mail(f"kim@{domain}"), "recipients", context=ours)
        assert found["recipients.lookalike"] == "high"
    found = severities_in(*mail("kim@southwind.test"), "recipients", context=ours)
    assert "recipients.lookalike" not in found


def test_policy_can_say_which_argument_holds_the_recipients():
    mapped = Mapped(
        ("crm.touch",), Kind.MESSAGE, {Role.RECIPIENTS: ("/arguments/who",)}
    )
    context = Context(actions=(mapped,))
    arguments = {"who": "kim@gmail.com", "what": "hello"}
    assert found_in("crm.touch", arguments, "recipients") == {}
    found = found_in("crm.touch", arguments, "recipients", context=context)
    assert found["recipients.outside"].pointer == "/arguments/who"


def test_the_impact_says_who_gets_it():
    impact = assess(
        Action(*mail("kim@gmail.com")[:1], "bot", mail("kim@gmail.com")[1])
    ).impact
    assert (impact.verb, impact.target, impact.leaves) == (
        "send",
        "kim@gmail.com",
        True,
    )


@pytest.mark.parametrize(
    ("text", "addresses"),
    [
        (
            "Ana <ana@a.test>, bob@b.test;c@c.test",
            ["ana@a.test", "bob@b.test", "c@c.test"],
        ),
        ('"Last, First" <x@y.test>', ["x@y.test"]),
        ("(x@y.test).", ["x@y.test"]),
        ("x%40y.test", ["x@y.test"]),
        ("@scope/pkg @app.route x@1.2 root@localhost a@b", []),
        ("qq@163.com", ["qq@163.com"]),
    ],
)
def test_reads_addresses_as_people_write_them(text, addresses):
    assert [one.whole for one in addresses_in(text)] == addresses


@pytest.mark.parametrize(
    ("one", "other", "is_near"),
    [
        ("abcd", "abdc", True),
        ("abcd", "abc", True),
        ("abcd", "abxd", True),
        ("abcd", "xabcd", True),
        ("abcd", "abcd", False),
        ("abcd", "badc", False),
        ("abcd", "ab", False),
    ],
)
def test_one_slip_is_one_slip(one, other, is_near):
    assert is_one_slip_away(one, other) is is_near
    assert is_one_slip_away(other, one) is is_near


@pytest.mark.parametrize(
    "text", ["exаmple", "EXAMPLE", "examp1e", "éxample", "ехамрӏе"]
)
def test_what_looks_alike_has_one_skeleton(text):
    assert skeleton(text) == skeleton("example")


@settings(max_examples=60, deadline=None)
@given(
    actions(
        [
            "send_email",
            "share_file",
            "create_webhook",
            "get_mail",
            "set_forwarding_rule",
        ],
        [
            "to",
            "bcc",
            "body",
            "email",
            "forward_to",
            "url",
            "a@b.test",
            "@",
            "x@gmail.com",
            ", ",
            "\r\nBcc: ",
            "customer 12",
            "public",
            "https://webhook.site/x",
            "<",
            "%40",
        ],
    )
)
def test_never_fails_and_points_into_the_action(action):
    assert_sound(action, "recipients")


@pytest.mark.parametrize(
    "text",
    [
        "@" * 65_000,
        "a@" * 32_000,
        "a@b.test " * 7_000,
        "\n" * 65_000,
        "user 1 " * 9_000,
    ],
)
@pytest.mark.parametrize("member", ["to", "body"])
def test_long_texts_take_no_longer_than_their_size(text, member):
    assert_sound(
        Action("send_email", "bot", {"to": "a@b.test", member: text}), "recipients"
    )
