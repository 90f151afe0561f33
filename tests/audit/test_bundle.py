"""The format of bundles, and what the verifier does with what is none."""

import io
import itertools
import random
import tarfile
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from audit import bundle, merkle, note
from audit import countersign_verify as offline
from tests.audit.bundles import members, packed

ORIGIN = "log.example/audit"
SIGNER = note.Signer(ORIGIN, Ed25519PrivateKey.from_private_bytes(bytes(32)))
ENTRY = (
    '{"action":"agent:paused","actor":{"id":"1","name":"a","type":"user"},'
    '"at":"2026-01-01T00:00:00.000000Z","data":{},'
    '"id":"019b76da-a800-7000-8000-%012d","subject":{"id":"1","type":"agent"}}'
)


def made(entries: int = 3) -> bytes:
    """A whole log of so many entries that nobody could object to."""
    texts = [ENTRY % number for number in range(entries)]
    leaves = [merkle.leaf_hash(text.encode()) for text in texts]
    tree = merkle.Frontier()
    for leaf in leaves:
        tree.append(leaf)
    writer = bundle.Writer(time=0)
    manifest = bundle.line(
        {
            "format": bundle.FORMAT, "origin": ORIGIN, "key": str(SIGNER.verifier),
            "size": entries, "scope": {"kind": "all"},
        }
    )  # fmt: skip
    text = note.Checkpoint(ORIGIN, entries, tree.root()).text()
    signed = note.Note(text, (SIGNER.sign(text),))
    lines = [
        bundle.line({"index": index, "entry": text}) for index, text in enumerate(texts)
    ]
    pieces = itertools.chain(
        writer.member("manifest.json", manifest),
        writer.member("checkpoint", str(signed).encode()),
        writer.lines("entries", lines),
        writer.member(
            bundle.tile_path(0, 0, entries) if entries else "tile/0/000.p/1",
            b"".join(leaves),
        ),
        writer.signed(ORIGIN, SIGNER),
    )
    return b"".join(pieces)


BUNDLE = made()


def said(data: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """The one line; exit status 1, and never a traceback."""
    path = tmp_path / "bundle.tar"
    path.write_bytes(data)
    assert offline.main([str(path), "--quiet"]) == 1
    out, err = capsys.readouterr()
    assert err == ""
    assert out.count("\n") == 1
    return out


def test_a_bundle_is_an_ordinary_tar() -> None:
    assert list(members(BUNDLE)) == [
        "manifest.json", "checkpoint", "entries/000000.jsonl", "tile/0/000.p/3",
        "SIGNED",
    ]  # fmt: skip
    assert len(BUNDLE) % tarfile.RECORDSIZE == 0
    assert offline.verify(io.BytesIO(BUNDLE), offline.Options()).faults.shown == []


def test_many_lines_are_more_than_one_member(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundle, "LINES", 2)
    names = [name for name in members(made(5)) if name.startswith("entries/")]
    assert names == [f"entries/00000{number}.jsonl" for number in range(3)]


@pytest.mark.parametrize(
    ("number", "width", "path"),
    [
        (0, 256, "tile/0/000"),
        (999, 1, "tile/0/999.p/1"),
        (1234067, 256, "tile/0/x001/x234/067"),
    ],
)
def test_tiles_are_named_as_others_name_them(
    number: int, width: int, path: str
) -> None:
    """C2SP tlog-tiles; by both implementations."""
    assert bundle.tile_path(0, number, width) == path
    assert offline.tile_path(0, number, width) == path


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 513, 65_536, 66_000, 70_001])
def test_the_tiles_of_a_leaf_lead_to_the_root(size: int) -> None:
    """The second implementation finds the root from exactly these tiles."""
    hashes = [merkle.leaf_hash(str(number).encode()) for number in range(size)]
    levels = [b"".join(hashes)]
    while len(levels[-1]) >= 256 * 32:
        levels.append(offline.tile_level_above(levels[-1]))
    tree = merkle.Frontier()
    for one in hashes:
        tree.append(one)
    chosen = random.Random(size).randrange(size)
    held = {}
    for level, number in bundle.tiles_of([chosen], size):
        width = bundle.width_of((level, number), size)
        start = number * 256 * 32
        held[level, number] = levels[level][start : start + width * 32]
    assert offline.root_by_tiles(size, held) == tree.root()
    assert (0, chosen // 256) in held
    assert set(held) <= set(bundle.all_tiles(size))
    assert len(held) <= 5


def test_an_entry_that_is_too_long_makes_no_entry_bundle() -> None:
    assert bundle.entry_bundle([b"a", b"bc"]) == b"\0\1a\0\2bc"
    assert bundle.entry_bundle([b"a", b"x" * 65_536]) is None


def test_cut_anywhere_it_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    end = BUNDLE.rindex(b"SIGNED") + 600
    for size in (*range(0, end, 97), end):
        words = said(BUNDLE[:size], tmp_path, capsys)
        assert words.startswith("CANNOT BE VERIFIED: "), size


def test_any_changed_byte_is_found(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One bit of every 7th byte of what members and headers hold."""
    filling = {0, ord(" ")}
    for place in range(0, BUNDLE.rindex(b"SIGNED") + 512, 7):
        if BUNDLE[place] in filling:
            continue
        changed = bytearray(BUNDLE)
        changed[place] ^= 1
        words = said(bytes(changed), tmp_path, capsys)
        assert "INTACT: all" not in words.replace("NOT INTACT", ""), place


@pytest.mark.parametrize(
    "name",
    [
        "../../etc/passwd", "/etc/passwd", "entries/0.jsonl", "tile/64/000", "extra",
        "tile/0/999.p/999", "tile/0/x000/001", "entries/000000.jsonl\n",
    ],
)  # fmt: skip
def test_odd_names_are_refused(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = list(members(BUNDLE).items())
    words = said(packed([*files[:3], (name, b"")]), tmp_path, capsys)
    assert "odd name" in words or "NOT INTACT" in words or "cut off" in words


def test_a_member_that_was_added_or_left_out_is_found() -> None:
    files = members(BUNDLE)
    signed = files.pop("SIGNED")
    more = {**files, "tile/0/000.p/2": b"x" * 64, "SIGNED": signed}
    less = {name: files[name] for name in files if not name.startswith("tile/")}
    for changed in (more, {**less, "SIGNED": signed}):
        data = packed(changed.items())
        found = offline.verify(io.BytesIO(data), offline.Options()).faults.shown
        assert any("The signed list has" in one for one in found)
    after = packed([*files.items(), ("SIGNED", signed), ("checkpoint", b"x")])
    found = offline.verify(io.BytesIO(after), offline.Options()).faults.shown
    assert "checkpoint was added to the bundle after it was signed." in found


def _header(name: bytes, size: bytes, kind: bytes = b"0") -> bytes:
    head = bytearray(512)
    head[: len(name)], head[124 : 124 + len(size)] = name, size
    head[156:157], head[257:262] = kind, b"ustar"
    head[148:156] = b"%06o\0 " % (sum(head) + 8 * 32)
    return bytes(head)


HOSTILE = {
    "empty": b"",
    "zeros": bytes(10_240),
    "no tar": b"GIF89a" * 1000,
    "huge": _header(b"manifest.json", b"77777777777"),
    "huge, binary": _header(b"manifest.json", b"\x80\0\0\0\1\0\0\0\0\0\0\0"),
    "negative": _header(b"manifest.json", b"-1"),
    "a link": _header(b"manifest.json", b"0", b"2"),
    "pax": _header(b"manifest.json", b"0", b"x"),
    "manifest: deep": packed([("manifest.json", b"[" * 60_000)]),
    "manifest: a list": packed([("manifest.json", b"[]")]),
    "manifest: no UTF-8": packed([("manifest.json", b"\xff")]),
    "manifest: other format": packed([("manifest.json", b'{"format": "x"}')]),
    "manifest: bad key": packed(
        [("manifest.json", b'{"format":"%s","key":"a+b+c"}' % bundle.FORMAT.encode())]
    ),
}


def _with(name: str, content: bytes) -> bytes:
    return packed({**members(BUNDLE), name: content}.items())


HOSTILE |= {
    f"{name}: {what}": _with(name, content)
    for name in ("checkpoint", "entries/000000.jsonl", "tile/0/000.p/3", "SIGNED")
    for what, content in {
        "empty": b"",
        "binary": bytes(range(256)),
        "deep": b"[" * 100_000 + b"\n",
        "numbers": b'{"index": 1e999, "entry": 7}\n' * 3,
        "digits": b'{"index": ' + b"9" * 6000 + b', "entry": "{}"}\n',
        "no entry": b'{"index": 0, "entry": "{}"}\n',
        "surrogate": b'{"index": 0, "entry": "\\ud800"}\n',
        "other types": b'{"index":0,"entry":"{\\"id\\":[],\\"at\\":{}}"}\n',
        "note": "a\n\n— log.example/audit AAAA\n".encode(),
    }.items()
}


@pytest.mark.parametrize("what", HOSTILE)
def test_what_somebody_made_up_gets_one_line(
    what: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = said(HOSTILE[what], tmp_path, capsys)
    assert words.startswith(("CANNOT BE VERIFIED: ", "NOT INTACT: "))
    assert "Error" not in words


@pytest.mark.parametrize(
    "arguments",
    [
        [], ["missing.tar"], ["--key", "nonsense", "BUNDLE"], ["--what", "BUNDLE"],
        ["--checkpoint", "BUNDLE", "BUNDLE"], ["--witness", "", "BUNDLE"],
        ["--witnesses-needed", "two", "BUNDLE"], ["--checkpoint", "/", "BUNDLE"],
        ["PROOF"], ["PROOF", "--entry", "BUNDLE"],
        ["PROOF", "--entry", "BUNDLE", "--key", str(SIGNER.verifier)],
    ],
)  # fmt: skip
def test_wrong_arguments_get_one_line(
    arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bundle_file, proof = tmp_path / "bundle.tar", tmp_path / "proof"
    bundle_file.write_bytes(BUNDLE)
    proof.write_text(f"{offline.PROOF}\nindex x\n\n")
    places = {"BUNDLE": str(bundle_file), "PROOF": str(proof)}
    assert offline.main([places.get(one, one) for one in arguments]) == 1
    out, err = capsys.readouterr()
    assert (out.count("\n"), err) == (1, "")
    assert out.startswith("CANNOT BE VERIFIED: ")


def test_names_cannot_write_on_the_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = members(BUNDLE)["manifest.json"].replace(b"log.example", b"log\\u001b[2J")
    assert "\x1b" not in said(_with("manifest.json", bad), tmp_path, capsys)


def test_an_older_checkpoint_of_nothing_is_refused() -> None:
    text = note.Checkpoint(ORIGIN, 0, merkle.EMPTY_ROOT).text()
    old = str(note.Note(text, (SIGNER.sign(text),)))
    with pytest.raises(offline.Refused, match="proves nothing"):
        offline.verify(io.BytesIO(BUNDLE), offline.Options(old=old))


def test_of_another_log_nothing_is_compared() -> None:
    other = note.Signer("other.example/audit", SIGNER.key)
    text = note.Checkpoint(other.name, 1, bytes(32)).text()
    old = str(note.Note(text, (other.sign(text),)))
    found = offline.verify(io.BytesIO(BUNDLE), offline.Options(old=old)).faults.shown
    assert found == ["The older checkpoint is of another log: 'other.example/audit'."]
