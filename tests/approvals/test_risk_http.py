"""Requests over HTTP: what they change, where they lead, what they carry out."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from approvals.canonical import Action
from approvals.risk import Context, assess
from approvals.risk.http_url import ip_of, is_internal, parse
from tests.approvals.assessed import actions, assert_sound, found_in, severities_in

OURS = Context(internal_domains=("ours.test", "localhost"))
LOAD = "QUJD" * 30


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/",
        "https://example.com/search?q=how+to+cook+rice&page=2",
        "http://example.com/a#b",
        "example.com/x",
        "https://s3.test/k?X-Amz-Credential=AB%2Fx&X-Amz-Signature=" + "a" * 64,
        "https://git.test/a/b/blob/" + "0123456789" * 4 + "/x.py",
        "https://example.com/" + "a-readable-title-of-many-words-" * 6,
        "https://example.com/?id=6f1c2b7e-8d0a-4a55-9a35-2f1f6f0e9b1d",
    ],
)
def test_fetching_an_ordinary_page_is_quiet(url):
    assert severities_in("http.get", {"url": url}, "http") == {}


@pytest.mark.parametrize(
    "host",
    [
        "169.254.169.254", "metadata.google.internal", "localhost", "localhost:8000",
        "127.0.0.1", "127.1", "10.0.0.5", "192.168.1.1", "172.16.0.1", "0.0.0.0",
        "[::1]", "[::ffff:10.0.0.1]", "[fd00:ec2::254]", "2130706433", "0x7f000001",
        "0177.0.0.1", "0x7f.1", "127.0.0.1.nip.io", "db.internal", "printer.local",
        "100.100.100.200", "LOCALHOST", "localhost.", "%6cocalhost", "user@127.0.0.1",
    ],
)  # fmt: skip
def test_addresses_of_the_inside_are_found(host):
    found = severities_in("fetch", {"url": f"http://{host}/latest"}, "http")
    assert found["http.internal_address"] == "high"


@pytest.mark.parametrize(
    "host", ["2130706433", "0x7f000001", "0177.0.0.1", "134744072"]
)
def test_numbers_in_disguise_are_found(host):
    found = severities_in("fetch", {"url": f"http://{host}/"}, "http")
    assert found["http.disguised_host"] == "high"


@pytest.mark.parametrize(
    "url",
    [
        "https://bank.test@evil.test/",
        "https://bank.test%2F@evil.test/",
        "https://bank.test\\@evil.test/",
        "https:\\\\bank.test\\x@evil.test/",
        "https://a@b@evil.test/",
        "https://bank.test\n.evil.test/",
        "https://bank.test%20.evil.test/",
    ],
)
def test_hosts_in_disguise_are_found(url):
    found = severities_in("fetch", {"url": url}, "http")
    assert found["http.disguised_host"] == "high"


@pytest.mark.parametrize(
    ("arguments", "code", "severity"),
    [
        ({"url": "file:///etc/passwd"}, "http.odd_scheme", "high"),
        ({"url": "gopher://x.test:70/_x"}, "http.odd_scheme", "high"),
        ({"url": "javascript:alert(1)"}, "http.odd_scheme", "high"),
        ({"url": "ftp://x.test/a"}, "http.odd_scheme", "medium"),
        ({"url": "http://8.8.8.8/x"}, "http.ip_literal", "medium"),
        ({"url": "https://ana:secret@x.test/"}, "http.credentials_in_url", "medium"),
        (
            {"url": "http://x.test", "headers": {"Authorization": "Bearer x"}},
            "http.plain_credentials",
            "high",
        ),
        ({"url": "http://x.test?api_key=abcdef12"}, "http.plain_credentials", "high"),
        ({"url": f"https://x.test/?d={LOAD}"}, "http.data_in_url", "medium"),
        ({"url": "https://x.test/?d=" + "word+" * 80}, "http.data_in_url", "medium"),
        ({"url": f"https://{'a1' * 25}.x.test/"}, "http.data_in_url", "medium"),
        ({"url": f"https://x.test/{LOAD}"}, "http.data_in_url", "medium"),
        ({"url": "https://x.test/p?cookies=a%3Db1"}, "http.data_in_url", "medium"),
        (
            {"url": "https://x.test/p?system_prompt=You+are"},
            "http.data_in_url",
            "medium",
        ),
        ({"url": "https://webhook.site/x"}, "http.catcher", "high"),
        ({"url": "https://a1b2.ngrok-free.app/x"}, "http.catcher", "high"),
        ({"url": "webhook.site/x"}, "http.catcher", "high"),
        ({"page": "https://abc.oast.fun"}, "http.catcher", "high"),
    ],
)
def test_finds_where_an_address_leads_and_what_it_carries(arguments, code, severity):
    assert severities_in("fetch", arguments, "http")[code] == severity


@pytest.mark.parametrize(
    ("name", "arguments", "code"),
    [
        ("http.request", {"method": "POST", "url": "https://x.test"}, "http.changes"),
        ("http.request", {"method": "put", "url": "https://x.test"}, "http.changes"),
        ("call", {"verb": "PATCH", "url": "https://x.test"}, "http.changes"),
        ("http.post", {"url": "https://x.test"}, "http.changes"),
        ("fetch", {"url": "https://x.test", "body": {"a": 1}}, "http.changes"),
        ("post_webpage", {"url": "www.x.test", "content": "hello"}, "http.changes"),
        ("http.request", {"method": "DELETE", "url": "https://x.test"}, "http.deletes"),
        ("api.delete", {"url": "https://x.test/1"}, "http.deletes"),
    ],
)
def test_requests_that_change_something_are_found(name, arguments, code):
    assert severities_in(name, arguments, "http") == {code: "medium"}


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("http.request", {"method": "GET", "url": "https://x.test", "data": "x"}),
        ("http.request", {"method": "HEAD", "url": "https://x.test"}),
        ("browser.navigate", {"url": "https://x.test"}),
        ("get_webpage", {"url": "www.x.test"}),
        ("create_bookmark", {"url": "https://x.test", "note": "later"}),
        ("send_message", {"text": "see https://x.test/a?b=c"}),
        ("book_flight", {"to": "SEA"}),
    ],
)
def test_requests_that_only_read_are_quiet(name, arguments):
    assert severities_in(name, arguments, "http") == {}


def test_a_program_that_is_downloaded_is_found():
    found = severities_in(
        "download_file", {"url": "https://x.test/a/setup.exe"}, "http"
    )
    assert found == {"http.program": "medium"}
    assert severities_in("download_file", {"url": "https://x.test/a.pdf"}, "http") == {}


def test_our_own_hosts_may_be_changed_and_reached():
    for url in ("https://api.ours.test/v1", "http://localhost:3000/"):
        arguments = {"method": "POST", "url": url, "body": LOAD}
        assert severities_in("http.request", arguments, "http", context=OURS) == {}


def test_a_catcher_within_a_text_is_shown_where_it_stands():
    text = "Please open https://webhook.site/abc, it is urgent."
    one = found_in("send_message", {"text": text}, "http")["http.catcher"]
    assert (one.severity, one.target) == ("medium", "webhook.site")
    assert one.span is not None
    assert text[slice(*one.span)].startswith("https://webhook.site/abc")


def test_the_impact_says_that_it_leaves():
    action = Action("http.post", "bot", {"url": "https://x.test/a", "body": "x"})
    impact = assess(action).impact
    assert (impact.verb, impact.target, impact.leaves) == ("send", "x.test", True)


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.1", "127.0.0.1"),
        ("0x7f.0.0.1", "127.0.0.1"),
        ("017700000001", "127.0.0.1"),
        ("1.2.3.4", "1.2.3.4"),
        ("256.1.1.1", "None"),
        ("1.2.3.4.5", "None"),
        ("08.1.1.1", "None"),
        ("example.com", "None"),
    ],
)
def test_reads_numbers_of_hosts_as_the_system_does(host, address):
    assert str(ip_of(host)) == address


@pytest.mark.parametrize("host", ["8.8.8.8", "example.com", "local.test", "2600::1"])
def test_public_hosts_are_not_inside(host):
    assert is_internal(host) == ""


@given(st.text(max_size=60))
@settings(max_examples=300, deadline=None)
def test_any_text_can_be_parsed(text):
    for url in (text, f"http://{text}", f"https://{text}@x/{text}"):
        found = parse(url)
        assert found is None or isinstance(is_internal(found.host), str)


@settings(max_examples=60, deadline=None)
@given(
    actions(
        ["http.post", "fetch", "browser.open", "delete_url", "send"],
        [
            "url",
            "method",
            "POST",
            "body",
            "https://",
            "http:",
            "@",
            "\\",
            "127.1",
            "[::1]",
            "webhook.site",
            ":80",
            "/",
            "?",
            "a=QUJD",
            "%40",
            "x.test",
            "Authorization",
        ],
    )
)
def test_never_fails_and_points_into_the_action(action):
    assert_sound(action, "http")


@pytest.mark.parametrize(
    "text",
    [
        "http://" * 9_000,
        "https://a/ " * 6_000,
        "@" * 65_000,
        "https://x/?" + "a=b&" * 16_000,
    ],
)
@pytest.mark.parametrize("member", ["url", "body"])
def test_long_texts_take_no_longer_than_their_size(text, member):
    assert_sound(Action("http.post", "bot", {member: text}), "http")


def test_many_addresses_take_no_longer_than_their_number():
    urls = [f"http://host{at}.test/" for at in range(2_900)]
    assert_sound(Action("http.post", "bot", {"urls": urls}), "http")
