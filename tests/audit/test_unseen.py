"""Files that people take away show what a reader could overlook, as pages do."""

import json

from audit.spreadsheet import cell
from tests.injections import CORPUS

PAYLOADS = json.loads(CORPUS.read_text())


def test_a_cell_shows_every_hidden_character() -> None:
    for payload in PAYLOADS:
        # Line breaks are marks in a cell; a payload says how prose shows them.
        text, shown = (payload[name].replace("\n", " ") for name in ("text", "shown"))
        assert cell(f"x {text}") == f"x {shown}"
