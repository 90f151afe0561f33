"""Signed notes, checkpoints, cosignatures and proofs of C2SP."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from audit.note import (
    WITNESS,
    Checkpoint,
    InclusionProof,
    Note,
    NoteError,
    Signature,
    Signer,
    VerifierKey,
    add_signatures,
    hashes_of,
    parse,
    signature_lines,
    time_of,
    verified,
)

# Go's checksum database: a key and a tree head of 2019 that it published
# (golang.org/x/mod/sumdb/note, package documentation of its key format).
SUM_GOLANG = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"
LOG = Signer("example.com/log", Ed25519PrivateKey.from_private_bytes(bytes(32)))
OTHER = Signer("example.com/log", Ed25519PrivateKey.from_private_bytes(b"\1" * 32))
SEEN = Signer("w.example", Ed25519PrivateKey.from_private_bytes(b"\2" * 32), WITNESS)
HEAD = Checkpoint("example.com/log", 5, bytes(range(32)))
NOTE = Note(HEAD.text(), (LOG.sign(HEAD.text()),))


def test_reads_a_key_as_others_write_it() -> None:
    key = VerifierKey.parse(SUM_GOLANG)
    assert (key.name, key.id.hex(), str(key)) == (
        "sum.golang.org",
        "033de0ae",
        SUM_GOLANG,
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "name",
        SUM_GOLANG.replace("033de0ae", "033de0af"),
        SUM_GOLANG.replace("sum.", "sim."),
        SUM_GOLANG[:-4],
        SUM_GOLANG.replace("+Ac", "+Cc"),
        "a b+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8",
        "+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8",
        SUM_GOLANG + "é",
    ],
)
def test_refuses_what_is_no_key(text: str) -> None:
    with pytest.raises(NoteError):
        VerifierKey.parse(text)


def test_a_checkpoint_is_what_its_log_signed() -> None:
    note = parse(str(NOTE))
    assert note == NOTE
    assert verified(note, LOG.verifier) == HEAD
    assert str(note).startswith(
        "example.com/log\n5\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n\n\u2014 "
    )


def test_signatures_of_unknown_keys_mean_nothing() -> None:
    both = add_signatures(NOTE, [OTHER.sign(NOTE.text)])
    assert verified(both, LOG.verifier) == HEAD
    with pytest.raises(NoteError, match="Not signed by"):
        verified(NOTE, OTHER.verifier)


def test_one_signature_that_does_not_fit_spoils_the_note() -> None:
    wrong = Signature(LOG.name, LOG.verifier.id, bytes(64))
    for signatures in ((wrong,), (wrong, *NOTE.signatures)):
        with pytest.raises(NoteError, match="does not fit"):
            verified(Note(NOTE.text, signatures), LOG.verifier)
    with pytest.raises(NoteError, match="does not fit"):
        verified(Note(NOTE.text.replace("5", "6"), NOTE.signatures), LOG.verifier)


def test_a_cosignature_covers_time_and_text() -> None:
    line = SEEN.cosign(NOTE.text, 1_679_315_147)
    note = parse(str(add_signatures(NOTE, [line])))
    assert SEEN.verifier.signed(note) == line
    assert time_of(line) == 1_679_315_147
    later = (1_679_315_148).to_bytes(8, "big") + line.blob[8:]
    moved = Signature(line.name, line.key_id, later)
    with pytest.raises(NoteError, match="does not fit"):
        SEEN.verifier.signed(Note(NOTE.text, (moved,)))
    with pytest.raises(NoteError, match="72 bytes"):
        SEEN.verifier.signed(
            Note(NOTE.text, (Signature(line.name, line.key_id, b"x" * 71),))
        )


def test_reads_the_lines_that_a_witness_answers() -> None:
    lines = [SEEN.cosign(NOTE.text, 1), OTHER.sign(NOTE.text)]
    assert signature_lines("".join(one.line() for one in lines)) == tuple(lines)
    for text in ("", "\n", "— a YQ==\n", "- a YWFhYWFhYWE=\n", "— a  YWFhYWFhYWE=\n"):
        with pytest.raises(NoteError):
            signature_lines(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        NOTE.text,
        str(NOTE)[:-1],
        str(NOTE).replace("\n\n", "\n"),
        str(NOTE) + "more\n",
        str(NOTE).replace("example", "exa\tmple"),
        str(NOTE).replace("\u2014", "-"),
        NOTE.text + "\n" + LOG.sign(NOTE.text).line() * 101,
        "x" * 70_000 + str(NOTE),
    ],
)
def test_refuses_what_is_no_note(text: str) -> None:
    with pytest.raises(NoteError):
        parse(text)


@pytest.mark.parametrize(
    "text",
    [
        "o\n5\n",
        "o\n05\n" + HEAD.text().split("\n")[2] + "\n",
        "o\n-1\n" + HEAD.text().split("\n")[2] + "\n",
        "o\n5\nAAAA\n",
        "o\n5\nnot base64\n",
        "\n5\n" + HEAD.text().split("\n")[2] + "\n",
        HEAD.text() + "\n",
        HEAD.text()[:-1],
        HEAD.text().replace("Hh8=", "Hh9="),
    ],
)
def test_refuses_what_is_no_checkpoint(text: str) -> None:
    with pytest.raises(NoteError):
        Checkpoint.parse(text)


def test_lets_extension_lines_through() -> None:
    assert Checkpoint.parse(HEAD.text() + "more\n") == HEAD


def test_a_proof_reads_as_it_was_written() -> None:
    proof = InclusionProof(3, (bytes(32), b"\1" * 32), NOTE)
    assert InclusionProof.parse(str(proof)) == proof
    assert str(proof).startswith("c2sp.org/tlog-proof@v1\nindex 3\nAAAA")
    extra = str(proof).replace("\nindex", "\nextra YQ==\nindex", 1)
    assert InclusionProof.parse(extra) == proof
    alone = InclusionProof(0, (), NOTE)
    assert InclusionProof.parse(str(alone)) == alone


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("c2sp.org", "c3sp.org"),
        ("index 3", "index 03"),
        ("index 3", "index -3"),
        ("index 3", "inde 3"),
        ("index 3\n", ""),
        ("index 3", "index 3\nAAAA"),
        ("\n\n", "\n"),
    ],
)
def test_refuses_what_is_no_proof(old: str, new: str) -> None:
    text = str(InclusionProof(3, (), NOTE))
    with pytest.raises(NoteError):
        InclusionProof.parse(text.replace(old, new, 1))


def test_a_proof_has_no_more_hashes_than_a_tree_has_levels() -> None:
    line = base64.b64encode(bytes(32)).decode()
    assert len(hashes_of([line] * 63)) == 63
    with pytest.raises(NoteError, match="at most 63"):
        hashes_of([line] * 64)


def test_a_signer_has_a_name_without_spaces() -> None:
    with pytest.raises(NoteError, match="no spaces"):
        _ = Signer("a b", LOG.key).verifier
