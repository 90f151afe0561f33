import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.addresses import check_url, refusal

REFUSED = [
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "100.64.0.1",
    "100.127.255.255",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.1",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.0.1",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::8.8.8.8",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:8.8.8.8",
    "64:ff9b::7f00:1",
    "64:ff9b::a00:1",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:2::1",
    "2001:10::1",
    "2001:20::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "2002:a00:1::1",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
]
PUBLIC = ["1.1.1.1", "8.8.8.8", "100.63.255.255", "100.128.0.1", "172.32.0.1"]
PUBLIC_6 = ["2606:4700::1111", "2a00:1450:4001::1", "2001:4860:4860::8888"]


@pytest.mark.parametrize("address", REFUSED)
def test_an_address_that_is_not_public_is_refused(address):
    problem = refusal(address, allow_loopback=False)
    assert problem is not None
    assert address in problem


@pytest.mark.parametrize("address", [*PUBLIC, *PUBLIC_6])
def test_a_public_address_is_accepted(address):
    assert refusal(address, allow_loopback=False) is None


@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.9.10", "::1"])
def test_loopback_is_accepted_where_it_is_allowed(address):
    assert refusal(address, allow_loopback=True) is None


@pytest.mark.parametrize(
    "address", [a for a in REFUSED if not a.startswith("127.") and a != "::1"]
)
def test_allowing_loopback_allows_nothing_else(address):
    if "ffff:127" not in address:
        assert refusal(address, allow_loopback=True) is not None


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com",
        "https://example.com/hook?a=1&b=%20",
        "https://example.com:8443/",
        "https://xn--bcher-kva.example/",
        "https://a_b.example.com./x",
        "https://8.8.8.8/",
        "https://[2606:4700::1111]:8443/",
        "HTTPS://Example.COM/",
    ],
)
def test_a_public_https_address_may_be_a_callback(url):
    check_url(url, allow_loopback=False)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:9000/hook",
        "http://localhost/",
        "http://[::1]:9000/",
        "https://localhost:9000/",
        "https://127.0.0.1/",
    ],
)
def test_this_machine_may_be_a_callback_only_where_allowed(url):
    check_url(url, allow_loopback=True)
    with pytest.raises(ValueError, match="this machine"):
        check_url(url, allow_loopback=False)


@pytest.mark.parametrize(
    ("url", "because"),
    [
        ("", "plain ASCII"),
        ("example.com/hook", "https://"),
        ("ftp://example.com/", "https://"),
        ("file:///etc/passwd", "https://"),
        ("javascript:alert(1)", "https://"),
        ("http://example.com/", "https://"),
        ("http://8.8.8.8/", "https://"),
        ("http://localhost.example.com/", "https://"),
        ("https://", "host name"),
        ("https:///path", "host name"),
        ("https://exa mple.com/", "plain ASCII"),
        ("https://bücher.example/", "plain ASCII"),
        ("https://example.com/\r\nX: y", "plain ASCII"),
        ("https://user:pass@example.com/", "user name"),
        ("https://user@example.com/", "user name"),
        ("https://@example.com/", "user name"),
        ("https://example.com/#part", "fragment"),
        ("https://example.com/#", "fragment"),
        ("https://example.com:0/", "Port 0"),
        ("https://example.com:99999/", "cannot be read"),
        ("https://example.com:x/", "cannot be read"),
        ("https://[::1/", "cannot be read"),
        ("https://exa%6dple.com/", "host name"),
        ("https://" + "a" * 64 + ".com/", "host name"),
        ("https://a..b/", "host name"),
        ("https://example.com/" + "x" * 2000, "longer"),
        ("https://10.0.0.1/", "private"),
        ("https://169.254.169.254/latest/meta-data", "link-local"),
        ("https://[::ffff:127.0.0.1]/", "mapped"),
        ("https://0.0.0.0/", "unspecified"),
    ],
)
def test_any_other_address_is_refused_with_a_reason(url, because):
    with pytest.raises(ValueError, match=because):
        check_url(url, allow_loopback=False)


@pytest.mark.parametrize("url", ["https://10.0.0.1/", "http://10.0.0.1/"])
def test_allowing_loopback_opens_no_private_network(url):
    with pytest.raises(ValueError, match=r"private|https"):
        check_url(url, allow_loopback=True)


@given(st.text() | st.text().map("https://".__add__), st.booleans())
def test_no_text_raises_anything_but_a_value_error(url, allow_loopback):
    try:
        check_url(url, allow_loopback=allow_loopback)
    except ValueError as error:
        assert str(error)  # noqa: PT017
