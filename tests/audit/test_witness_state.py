"""What a witness keeps: never rolled back, never forked, never begun anew."""

import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from audit import note, witness, witness_state
from audit.note import Signer
from audit.witness_state import Folder, StateError
from tests.audit.witnessed import ORIGIN, Tree
from tests.serving import ROOT

TREE, FORK = Tree(), Tree("b", fork=4)
NAME = "w.example/countersign"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "witness"


@pytest.fixture
def folder(path: Path) -> Iterator[Folder]:
    with witness_state.opened(path) as folder:
        yield folder


@pytest.fixture
def signer(folder: Folder) -> Signer:
    return folder.signer(NAME, "")


def size(folder: Folder, signer: Signer) -> int:
    last = folder.last(ORIGIN, signer.verifier)
    return last.size if last else 0


def state_file(path: Path) -> Path:
    (found,) = path.glob("*.checkpoint")
    return found


def test_the_key_is_made_once_and_is_its_owners_alone(path: Path) -> None:
    keys = []
    for name in (NAME, None, NAME):
        with witness_state.opened(path) as folder:
            keys.append(folder.signer(name, "unused").verifier)
    assert keys[0] == keys[1] == keys[2]
    assert keys[0].name == NAME
    assert stat.S_IMODE(path.stat().st_mode) == 0o700
    for file in path.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file
    assert (path / "witness.vkey").read_text() == f"{keys[0]}\n"


def test_a_start_that_was_killed_between_key_and_name_is_finished(path: Path) -> None:
    with witness_state.opened(path) as folder:
        before = folder.signer(NAME, "")
    (path / "witness.vkey").unlink()
    with witness_state.opened(path) as folder:
        assert folder.signer(NAME, "").verifier == before.verifier


def test_one_key_has_one_name(path: Path) -> None:
    with witness_state.opened(path) as folder:
        folder.signer(NAME, "")
    with (
        witness_state.opened(path) as folder,
        pytest.raises(StateError, match="is that of"),
    ):
        folder.signer("w.example/other", "")


@pytest.mark.parametrize("damage", ["", "x", None, "other"])
def test_a_damaged_key_is_not_replaced(path: Path, damage: str | None) -> None:
    with witness_state.opened(path) as folder:
        folder.signer(NAME, "")
    pem = path / "witness.pem"
    if damage is None:
        pem.unlink()
    elif damage == "other":
        with witness_state.opened(path.with_name("other")) as other:
            other.signer(NAME, "")
        pem.write_text((path.with_name("other") / "witness.pem").read_text())
    else:
        pem.write_text(damage)
    with witness_state.opened(path) as folder, pytest.raises(StateError):
        folder.signer(NAME, "")


def test_a_second_witness_in_one_folder_is_refused(path: Path, folder: Folder) -> None:
    with (
        pytest.raises(StateError, match="Another witness works in"),
        witness_state.opened(path),
    ):
        pass


def test_what_is_no_folder_is_said_to_be_none(path: Path) -> None:
    path.write_text("")
    with pytest.raises(StateError), witness_state.opened(path):
        pass


def test_what_was_cosigned_is_kept_with_both_signatures(
    path: Path, folder: Folder, signer: Signer
) -> None:
    line = folder.cosign(TREE.submission(0, 5), signer, 1_700_000_000)
    kept = note.parse(state_file(path).read_text())
    assert kept.signatures[1:] == (line,)
    assert signer.verifier.signed(kept) == line
    assert note.time_of(line) == 1_700_000_000
    folder.cosign(TREE.submission(5, 9), signer, 1_700_000_001)
    assert folder.last(ORIGIN, signer.verifier) == TREE.head(9)


def test_it_goes_on_after_a_restart(path: Path) -> None:
    with witness_state.opened(path) as folder:
        folder.cosign(TREE.submission(0, 5), folder.signer(NAME, ""), 1)
    with witness_state.opened(path) as folder:
        signer = folder.signer(None, "")
        with pytest.raises(witness.Refused, match="409 5"):
            folder.cosign(TREE.submission(0, 9), signer, 2)
        folder.cosign(TREE.submission(5, 9), signer, 2)


@pytest.mark.parametrize("text", ["", "x", "\x00" * 50, None])
def test_what_cannot_be_read_is_never_begun_anew(
    path: Path, folder: Folder, signer: Signer, text: str | None
) -> None:
    folder.cosign(TREE.submission(0, 5), signer, 1)
    file = state_file(path)
    whole = file.read_text()
    file.write_text(whole[:-20] if text is None else text)
    for old in (0, 5):
        with pytest.raises(StateError):
            folder.cosign(TREE.submission(old, 9), signer, 2)
    file.write_text(whole.replace("\n5\n", "\n4\n"))
    with pytest.raises(StateError, match="does not fit"):
        folder.cosign(TREE.submission(4, 9), signer, 2)
    file.write_text(whole)
    folder.cosign(TREE.submission(5, 9), signer, 2)


def test_another_folder_of_the_same_name_is_not_taken_for_it(
    path: Path, folder: Folder, signer: Signer
) -> None:
    folder.cosign(TREE.submission(0, 5), signer, 1)
    path.rename(path.with_name("moved"))
    path.mkdir()
    with pytest.raises(witness.Refused, match="409 5"):
        folder.cosign(FORK.submission(0, 5), signer, 2)


def test_what_is_kept_of_one_log_is_not_taken_for_that_of_another(
    path: Path, folder: Folder, signer: Signer
) -> None:
    folder.cosign(TREE.submission(0, 5), signer, 1)
    state_file(path).rename(path / witness_state._file("other.example"))
    with pytest.raises(StateError, match=f"is of {ORIGIN}"):
        folder.last("other.example", signer.verifier)


def test_a_full_disk_cosigns_nothing(
    folder: Folder, signer: Signer, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.cosign(TREE.submission(0, 5), signer, 1)

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space"):
            folder.cosign(TREE.submission(5, 9), signer, 2)
    assert size(folder, signer) == 5


def test_heads_that_contradict_are_kept_for_auditors(
    path: Path,
    folder: Folder,
    signer: Signer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder.cosign(TREE.submission(0, 5), signer, 1)
    assert folder.refused(ORIGIN) is None
    for found in (FORK.submission(5, 5), FORK.submission(5, 8)):
        with pytest.raises(witness.Refused):
            folder.cosign(found, signer, 2)
    with pytest.raises(witness.Refused):
        folder.cosign(TREE.submission(4, 8), signer, 2)
    kept = folder.refused(ORIGIN)
    assert kept
    assert kept.read_text() == f"{FORK.signed(5)}\n{FORK.signed(8)}\n"
    monkeypatch.setattr(witness_state, "MAX_REFUSED", 10)
    with pytest.raises(witness.Refused):
        folder.cosign(FORK.submission(5, 8), signer, 2)
    assert kept.read_text() == f"{FORK.signed(5)}\n{FORK.signed(8)}\n"
    assert size(folder, signer) == 5


def one_history(heads: list[note.Checkpoint]) -> bool:
    """Whether they are heads of one tree, each once, whichever of the two."""
    sizes = [head.size for head in heads]
    return len(set(sizes)) == len(sizes) and any(
        all(head == tree.head(head.size) for head in heads) for tree in (TREE, FORK)
    )


def test_threads_at_once_get_one_history_that_never_goes_back(
    path: Path, folder: Folder, signer: Signer
) -> None:
    folder.cosign(TREE.submission(0, 3), signer, 1)
    wanted = [(tree, new) for tree in (TREE, FORK) for new in range(4, 24)]
    tried = [tree.submission(3, new) for tree, new in wanted]

    def attempt(found: witness.Submission) -> note.Checkpoint | None:
        try:
            folder.cosign(found, signer, 2)
        except witness.Refused:
            return None
        return found.head

    with ThreadPoolExecutor(8) as pool:
        heads = [head for head in pool.map(attempt, tried) if head]
    # All went on from 3: only the first one can have been cosigned.
    assert len(heads) == 1
    assert folder.last(ORIGIN, signer.verifier) == heads[0]


WORKER = """
import sys, random
from pathlib import Path
from audit import witness
from audit.witness_state import Folder
from tests.audit.witnessed import ORIGIN, Tree
folder = Folder(Path(sys.argv[1]))
signer = folder.signer(None, "")
tree = Tree(sys.argv[2], fork=4)
chosen = random.Random(int(sys.argv[3]))
print("ready", flush=True)
input()
for _ in range(60):
    last = folder.last(ORIGIN, signer.verifier)
    old = last.size
    try:
        found = tree.submission(old, old + chosen.randint(1, 3))
        folder.cosign(found, signer, 1)
        print(found.head.size, found.head.root.hex())
    except witness.Refused:
        pass
"""


def test_processes_at_once_get_one_history_that_never_goes_back(
    path: Path, folder: Folder, signer: Signer
) -> None:
    folder.cosign(TREE.submission(0, 3), signer, 1)
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", WORKER, path, name, str(number)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for number, name in enumerate("aabb")
    ]
    for worker in workers:
        assert worker.stdout
        assert worker.stdout.readline() == "ready\n"
    for worker in workers:
        assert worker.stdin
        worker.stdin.write("\n")
        worker.stdin.flush()
    lines = [line for each in workers for line in each.communicate()[0].splitlines()]
    heads = [
        note.Checkpoint(ORIGIN, int(at), bytes.fromhex(root))
        for at, root in (line.split() for line in lines)
    ]
    assert len(heads) > 30
    assert one_history(heads)
    assert folder.last(ORIGIN, signer.verifier) == max(heads, key=lambda one: one.size)


KILLED = """
import os, signal, sys
from pathlib import Path
from audit.witness_state import Folder
from tests.audit.witnessed import Tree
folder = Folder(Path(sys.argv[1]))
signer = folder.signer(None, "")
found = Tree().submission(5, 9)
step, when, left = sys.argv[2], sys.argv[3], int(sys.argv[4])
real = getattr(os, step)
def killed(*arguments, **options):
    global left
    left -= 1
    if left == 0 and when == "after":
        real(*arguments, **options)
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return real(*arguments, **options)
setattr(os, step, killed)
folder.cosign(found, signer, 1)
print("answered")
"""
STEPS = [
    ("open", 3, {"before": 5, "after": 5}),
    ("fsync", 1, {"before": 5, "after": 5}),
    ("rename", 1, {"before": 5, "after": 9}),
    ("fsync", 2, {"before": 9, "after": 9}),
]
"""Which call of it, and the size kept when killed before and after. Opened third is
the draft, after the lock and the last head."""


@pytest.mark.parametrize(("step", "nth", "kept"), STEPS)
@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_between_two_steps_the_old_head_or_the_new_one_is_kept(
    path: Path,
    folder: Folder,
    signer: Signer,
    step: str,
    nth: int,
    kept: dict[str, int],
    when: str,
) -> None:
    folder.cosign(TREE.submission(0, 5), signer, 1)
    done = subprocess.run(
        [sys.executable, "-c", KILLED, path, step, when, str(nth)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (-signal.SIGKILL, ""), done.stderr
    assert size(folder, signer) == kept[when]
    folder.cosign(TREE.submission(kept[when], 12), signer, 2)
    assert size(folder, signer) == 12
