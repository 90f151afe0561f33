import time
from base64 import b64encode
from datetime import UTC, datetime

import pytest
import standardwebhooks
from hypothesis import given
from hypothesis import strategies as st

from agents import signing

NOW = 1_800_000_000
BODY = b'{"type":"request.approved","data":{"name":"\xc3\xa9"}}'
# Fixed, for they name tests, and every worker has to collect the same ones.
SECRET = "whsec_" + b64encode(b"s" * 32).decode()
OTHER = "whsec_" + b64encode(b"o" * 32).decode()


def signed(*secrets, message_id="msg_1", timestamp=NOW, body=BODY):
    return signing.headers(
        secrets or (SECRET,), message_id=message_id, timestamp=timestamp, body=body
    )


def changed(**changes):
    names = {"id": signing.ID, "at": signing.TIMESTAMP, "signature": signing.SIGNATURE}
    return signed() | {names[key]: value for key, value in changes.items()}


def test_what_is_signed_here_verifies_here_and_gives_the_id():
    assert signing.verify((SECRET,), signed(), BODY, now=NOW) == "msg_1"


def test_the_library_verifies_what_is_signed_here():
    headers = signed(timestamp=int(time.time()))
    assert standardwebhooks.Webhook(SECRET).verify(BODY, headers)


def test_what_the_library_signs_verifies_here():
    at = datetime.fromtimestamp(NOW, UTC)
    signature = standardwebhooks.Webhook(SECRET).sign("msg_1", at, BODY.decode())
    headers = changed(signature=signature)
    assert signing.verify((SECRET,), headers, BODY, now=NOW) == "msg_1"


@given(
    message_id=st.from_regex(r"[\x21-\x7e]{1,64}", fullmatch=True),
    timestamp=st.integers(0, 4_000_000_000),
    body=st.text(st.characters(exclude_categories=["Cs"])),
)
def test_signatures_equal_the_library_s(message_id, timestamp, body):
    at = datetime.fromtimestamp(timestamp, UTC)
    assert signing.sign(
        SECRET, message_id=message_id, timestamp=timestamp, body=body.encode()
    ) == standardwebhooks.Webhook(SECRET).sign(message_id, at, body)


def test_during_rotation_both_secrets_sign_and_either_verifies():
    headers = signed(SECRET, OTHER)
    assert len(headers[signing.SIGNATURE].split(" ")) == 2
    for secret in (SECRET, OTHER):
        assert signing.verify((secret,), headers, BODY, now=NOW)


def test_a_message_signed_with_the_previous_secret_is_accepted():
    assert signing.verify((OTHER, SECRET), signed(SECRET), BODY, now=NOW)


def test_header_names_are_taken_in_any_case():
    headers = {name.title(): value for name, value in signed().items()}
    assert signing.verify((SECRET,), headers, BODY, now=NOW)


def test_a_newer_version_beside_ours_is_passed_over():
    headers = changed(signature=f"v1a,AAAA {signed()[signing.SIGNATURE]}")
    assert signing.verify((SECRET,), headers, BODY, now=NOW)


@pytest.mark.parametrize("name", [signing.ID, signing.TIMESTAMP, signing.SIGNATURE])
@pytest.mark.parametrize("how", ["absent", "empty"])
def test_a_missing_header_is_named(name, how):
    headers = signed()
    headers.pop(name)
    if how == "empty":
        headers[name] = ""
    with pytest.raises(signing.MissingHeader, match=name):
        signing.verify((SECRET,), headers, BODY, now=NOW)


@pytest.mark.parametrize("message_id", ["a b", "é", "x" * 256, "a\n", "a\x7f", " a"])
def test_an_id_must_be_visible_ascii(message_id):
    with pytest.raises(signing.MalformedId):
        signing.verify((SECRET,), changed(id=message_id), BODY, now=NOW)


def test_an_id_of_255_characters_is_accepted():
    headers = signed(message_id="~" * 255)
    assert signing.verify((SECRET,), headers, BODY, now=NOW) == "~" * 255


@pytest.mark.parametrize(
    "timestamp",
    [
        "now",
        "1e9",
        "1800000000.0",
        "-1",
        "+1800000000",
        "01800000000",
        " 1800000000",
        "1800000000\n",
        "١٨٠٠٠٠٠٠٠٠",
        "1_800_000_000",
        "9" * 5000,
        "2027-01-15T08:00:00Z",
    ],
)
def test_a_timestamp_must_be_whole_ascii_seconds(timestamp):
    with pytest.raises(signing.MalformedTimestamp):
        signing.verify((SECRET,), changed(at=timestamp), BODY, now=NOW)


@pytest.mark.parametrize("away", [-301, 301])
def test_a_message_more_than_five_minutes_away_is_a_replay(away):
    with pytest.raises(signing.OutsideTolerance):
        signing.verify((SECRET,), signed(timestamp=NOW + away), BODY, now=NOW)


@pytest.mark.parametrize("away", [-300, 300])
def test_a_message_five_minutes_away_is_accepted(away):
    assert signing.verify((SECRET,), signed(timestamp=NOW + away), BODY, now=NOW)


@pytest.mark.parametrize(
    "signature",
    [
        "v1",
        "v1,",
        ",AAAA",
        "v1,!!!!",
        "v1,AAAA",
        "v1,AAAA=",
        "v1," + b64encode(b"x" * 31).decode(),
        "v1," + b64encode(b"x" * 33).decode(),
        "v1,é",
        "v1," + "A" * 43 + "=\n",
        "v1,a,b",
    ],
)
def test_a_list_of_signatures_that_cannot_be_read_is_refused(signature):
    with pytest.raises(signing.MalformedSignature):
        signing.verify((SECRET,), changed(signature=signature), BODY, now=NOW)


@pytest.mark.parametrize("beside", ["v1,AAAA", "v1,%%%", "nonsense", ""])
def test_what_cannot_match_beside_a_good_signature_is_passed_over(beside):
    headers = changed(signature=f"{beside} {signed()[signing.SIGNATURE]}")
    assert signing.verify((SECRET,), headers, BODY, now=NOW)


def test_unknown_versions_only_say_so():
    with pytest.raises(signing.UnknownVersion):
        signing.verify((SECRET,), changed(signature="v2,AAAA"), BODY, now=NOW)


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        (signed(OTHER), BODY),
        (signed(), BODY + b" "),
        (changed(id="msg_2"), BODY),
        (changed(at=str(NOW + 1)), BODY),
    ],
    ids=["other secret", "other body", "other id", "other time"],
)
def test_a_signature_over_anything_else_does_not_match(headers, body):
    with pytest.raises(signing.NoMatch):
        signing.verify((SECRET,), headers, body, now=NOW)


def test_without_any_secret_nothing_matches():
    with pytest.raises(signing.NoMatch):
        signing.verify((), signed(), BODY, now=NOW)


@pytest.mark.parametrize(
    "secret",
    [
        "",
        "whsec_",
        "whsec_!!!",
        "whsec_é",
        SECRET.removeprefix("whsec_"),
        "whsec_" + b64encode(b"x" * 23).decode(),
        "whsec_" + b64encode(b"x" * 65).decode(),
    ],
)
def test_a_secret_of_another_form_is_never_used(secret):
    with pytest.raises(signing.BadSecret):
        signing.sign(secret, message_id="m", timestamp=NOW, body=BODY)


@pytest.mark.parametrize("size", [24, 64])
def test_secrets_from_24_to_64_bytes_are_used(size):
    secret = "whsec_" + b64encode(b"x" * size).decode()
    assert signing.sign(secret, message_id="m", timestamp=NOW, body=BODY)


header = st.one_of(
    st.none(),
    st.text(max_size=40),
    st.from_regex(r"(v1a?,[A-Za-z0-9+/=]{0,50} ?){0,3}"),
    st.integers(NOW - 400, NOW + 400).map(str),
)


@given(message_id=header, timestamp=header, signature=header, body=st.binary())
def test_no_header_raises_anything_but_a_signature_error(
    message_id, timestamp, signature, body
):
    given_headers = zip(
        (signing.ID, signing.TIMESTAMP, signing.SIGNATURE),
        (message_id, timestamp, signature),
        strict=True,
    )
    headers = {name: value for name, value in given_headers if value is not None}
    with pytest.raises(signing.SignatureError):
        signing.verify((SECRET,), headers, body, now=NOW)
