"""Every answer that C2SP tlog-witness asks for, and nothing else whatever is sent."""

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit import note, witness
from audit.note import NoteError
from tests.audit.witnessed import (
    LOG,
    LOGS,
    ORIGIN,
    OTHER,
    WITNESS,
    Tree,
    answer,
    joined,
)

TREE = Tree()
HASH = base64.b64encode(bytes(32)).decode()


def status(body: bytes, last: note.Checkpoint | None) -> int:
    return answer(body, last)[0]


@pytest.mark.parametrize("old", range(0, 12))
@pytest.mark.parametrize("more", range(0, 6))
def test_200_for_what_goes_on_from_the_last_head(old: int, more: int) -> None:
    last = TREE.head(old) if old else None
    assert status(TREE.request(old, old + more), last) == 200


def test_200_for_the_first_head_whatever_its_size() -> None:
    assert status(TREE.request(0, 7), None) == 200
    assert status(TREE.request(0, 0), None) == 200


def test_reads_old_size_proof_and_checkpoint_as_the_specification_writes_them() -> None:
    body = joined("old 20852014", [HASH, HASH], TREE.signed(5))
    with pytest.raises(witness.Refused, match="400 The old size is above"):
        witness.read(body, LOGS)
    found = witness.read(joined("old 4", [HASH, HASH], TREE.signed(5)), LOGS)
    assert (found.old, found.proof, found.head) == (4, (bytes(32),) * 2, TREE.head(5))


def test_404_for_a_log_that_is_not_known() -> None:
    elsewhere = TREE.signed(5).replace(ORIGIN, "other.example")
    assert status(joined("old 0", [], elsewhere), None) == 404


def test_403_without_a_signature_of_a_trusted_key() -> None:
    assert status(joined("old 0", [], TREE.signed(5, OTHER)), None) == 403


def test_403_for_a_signature_that_does_not_fit() -> None:
    other = TREE.signed(5).replace("\n5\n", "\n6\n")
    assert status(joined("old 0", [], other), None) == 403


def test_signatures_of_unknown_keys_are_ignored_and_not_cosigned() -> None:
    signed = note.parse(TREE.signed(5))
    both = note.add_signatures(signed, [OTHER.sign(signed.text)])
    found = witness.read(joined("old 0", [], str(both)), LOGS)
    assert found.note == signed


def test_a_log_that_changes_its_key_has_two() -> None:
    logs = witness.trusted([str(LOG.verifier), str(OTHER.verifier)])
    for signer in (LOG, OTHER):
        body = joined("old 0", [], TREE.signed(5, signer))
        assert answer(body, None, logs)[0] == 200


def test_400_for_an_old_size_above_that_of_the_checkpoint() -> None:
    assert status(joined("old 6", [], TREE.signed(5)), TREE.head(6)) == 400


@pytest.mark.parametrize(("old", "last"), [(0, 3), (2, 3), (4, 3), (3, None)])
def test_409_with_the_size_for_another_old_size(old: int, last: int | None) -> None:
    known = TREE.head(last) if last else None
    assert answer(TREE.request(old, 5), known) == (
        409,
        "text/x.tlog.size",
        f"{last or 0}\n",
    )


def test_409_for_the_same_size_with_another_root() -> None:
    fork = Tree("b", fork=4)
    said = answer(fork.request(5, 5), TREE.head(5))
    assert said == (409, "text/x.tlog.size", "5\n")
    empty = note.Checkpoint(ORIGIN, 0, bytes(32)).text()
    signed = str(note.Note(empty, (LOG.sign(empty),)))
    assert status(joined("old 0", [], signed), None) == 409


def test_422_for_a_proof_that_does_not_prove_it() -> None:
    fork = Tree("b", fork=4)
    honest = TREE.proof(5, 8)
    for proof in ([], honest[:-1], honest[::-1], [*honest, bytes(32)]):
        body = witness.request(5, proof, TREE.signed(8)).encode()
        assert status(body, TREE.head(5)) == 422
    assert status(fork.request(5, 8), TREE.head(5)) == 422
    assert status(TREE.request(5, 8), TREE.head(5)) == 200


def test_422_for_a_proof_from_nothing_or_from_the_same_size() -> None:
    assert status(joined("old 0", [HASH], TREE.signed(5)), None) == 422
    assert status(joined("old 5", [HASH], TREE.signed(5)), TREE.head(5)) == 422


def test_only_a_signed_contradiction_is_one() -> None:
    fork = Tree("b", fork=4)
    for body, contradicts in (
        (fork.request(5, 5), True),
        (fork.request(5, 8), True),
        (TREE.request(4, 8), False),
        (joined("old 0", [HASH], TREE.signed(5)), False),
    ):
        last = None if body.startswith(b"old 0") else TREE.head(5)
        with pytest.raises(witness.Refused) as refused:
            witness.check(witness.read(body, LOGS), last)
        assert refused.value.contradicts is contradicts


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\n\n",
        b"\xff\xfe",
        TREE.signed(5).encode(),
        joined("old", [], TREE.signed(5)),
        joined("old 05", [], TREE.signed(5)),
        joined("old -1", [], TREE.signed(5)),
        joined("old +1", [], TREE.signed(5)),
        joined("old \u0663", [], TREE.signed(5)),
        joined("old 1 ", [], TREE.signed(5)),
        joined("old  1", [], TREE.signed(5)),
        joined("Old 1", [], TREE.signed(5)),
        joined("old 1\r", [], TREE.signed(5)),
        joined("old 99999999999999999999", [], TREE.signed(5)),
        joined("old 1", ["AAAA"], TREE.signed(5)),
        joined("old 1", ["not base64"], TREE.signed(5)),
        joined("old 1", [HASH.rstrip("=")], TREE.signed(5)),
        joined("old 1", [HASH] * 64, TREE.signed(5)),
        joined("old 1", [], TREE.signed(5)[:-1]),
        joined("old 1", [], TREE.head(5).text()),
        joined("old 1", [], TREE.signed(5).replace("\n5\n", "\n05\n")),
        joined("old 1", [], ""),
        b"old 0\n" + TREE.signed(5).encode(),
        joined("old 0", [], TREE.signed(5) + LOG.sign("x").line() * 500),
        joined("old 0", [], "x" * witness.MAX_BODY + TREE.signed(5)),
    ],
)
def test_400_for_what_is_malformed(body: bytes) -> None:
    assert status(body, None) == 400


def test_63_hashes_are_read() -> None:
    assert status(joined("old 1", [HASH] * 63, TREE.signed(5)), TREE.head(1)) == 422


VALID = TREE.request(5, 11)


@given(st.binary(max_size=400))
def test_whatever_bytes_are_sent_there_is_an_answer(body: bytes) -> None:
    assert status(body, TREE.head(5)) == 400


@settings(max_examples=400)
@given(
    at=st.integers(0, len(VALID)),
    cut=st.integers(0, 40),
    put=st.one_of(
        st.binary(max_size=8), st.sampled_from([b"\n", b"\n\n", b"\xe2\x80\x94 ", b"="])
    ),
)
def test_no_damaged_request_is_cosigned(at: int, cut: int, put: bytes) -> None:
    body = VALID[:at] + put + VALID[at + cut :]
    found = status(body, TREE.head(5))
    assert found in (200, 400, 403, 404, 409, 422)
    # What is cosigned is what the log signed: nothing but unknown signatures differs.
    if found == 200:
        assert witness.read(body, LOGS).note.text == TREE.head(11).text()


@given(
    st.integers(0, 2**64), st.lists(st.binary(min_size=32, max_size=32), max_size=63)
)
def test_no_made_up_proof_is_cosigned(old: int, proof: list[bytes]) -> None:
    body = witness.request(old, proof, Tree("b").signed(9)).encode()
    assert status(body, TREE.head(5)) in (400, 409, 422)


@pytest.mark.parametrize("key", ["", "x", str(WITNESS.verifier)])
def test_only_logs_are_witnessed(key: str) -> None:
    with pytest.raises(NoteError):
        witness.trusted([key])
