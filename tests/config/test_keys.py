import subprocess
import sys

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from config import keys
from tests.serving import ROOT

PRINT_BOTH = """
import pathlib, sys
from config import keys
folder = pathlib.Path(sys.argv[1])
sys.stdin.read()
print(keys.secret_key(folder), keys.permit_key(folder))
"""


def test_a_key_is_made_once(tmp_path):
    assert keys.secret_key(tmp_path) == keys.secret_key(tmp_path)
    assert keys.permit_key(tmp_path) == keys.permit_key(tmp_path)


def test_the_permit_key_is_ed25519(tmp_path):
    key = load_pem_private_key(keys.permit_key(tmp_path).encode(), password=None)

    assert isinstance(key, Ed25519PrivateKey)


def test_nobody_else_can_read_a_key(tmp_path):
    keys.secret_key(tmp_path / "new")

    (file,) = (tmp_path / "new").iterdir()
    assert file.stat().st_mode & 0o777 == 0o600


def test_the_key_that_was_there_first_stays(tmp_path, monkeypatch):
    def somebody_is_quicker(size):
        monkeypatch.undo()
        quicker.append(keys.secret_key(tmp_path))
        return "too late"

    quicker = []
    monkeypatch.setattr(keys.secrets, "token_urlsafe", somebody_is_quicker)

    assert [keys.secret_key(tmp_path)] == quicker


def test_first_starts_at_once_agree_on_the_keys(tmp_path):
    starts = [
        subprocess.Popen(
            [sys.executable, "-c", PRINT_BOTH, tmp_path],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        for _ in range(4)
    ]
    for start in starts:
        start.stdin.close()
        start.stdin = None
    answers = {start.communicate()[0] for start in starts}

    assert len(answers) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "permit.pem",
        "secret.key",
    ]
