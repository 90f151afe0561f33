"""Code in an action: what it would do, without running it."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from approvals.canonical import Action
from approvals.risk import Assessment, Severity, assess
from approvals.risk.code_languages import read

LOW, MEDIUM = Severity.LOW, Severity.MEDIUM
HIGH, CRITICAL = Severity.HIGH, Severity.CRITICAL


def of(code: str, **more: Any) -> Assessment:
    return assess(Action("execute_code", "bot", {"code": code, **more}))


def severities(assessment: Assessment, code: str) -> list[Severity]:
    return [one.severity for one in assessment.findings if one.code == code]


HARMLESS = [
    "print(sum(range(10)))",
    "import math\nprint(math.sqrt(2) * math.pi)",
    "import json, re\nprint(json.dumps(re.findall('a', 'banana')))",
    "import pandas as pd\ndf = pd.DataFrame({'a': [1]})\nprint(df.describe())",
    "from datetime import datetime, timedelta\nprint(datetime.now() -"
    " timedelta(days=1))",
    "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()",
    "def f(n):\n    return n if n < 2 else f(n - 1) + f(n - 2)\nprint(f(20))",
    "items = [3, 1]\nitems.remove(1)\nitems.sort()\nprint(items)",
    "class Stack:\n    def pop(self):\n        return self.items.pop()",
    "text = 'rm -rf / and DROP TABLE users'\nprint(text.upper())",
    "df = df.drop(columns=['a']).replace(1, 2)",
    "import os\nprint(os.path.join('a', 'b'), os.getcwd(), os.listdir('.'))",
    "print('é', '日本語', '🎉')",
]


@pytest.mark.parametrize("code", HARMLESS)
def test_harmless_computation_is_understood_and_quiet(code: str) -> None:
    assessment = of(code)
    assert assessment.findings == ()
    assert assessment.inspected == ("code",)
    assert assessment.impact.verb == "read"


PYTHON = [
    ("import shutil\nshutil.rmtree('/srv')", "code.delete", CRITICAL),
    ("from shutil import rmtree as r\nr('/srv')", "code.delete", CRITICAL),
    ("import os as o\nd = o.remove\nd('a')", "code.delete", HIGH),
    ("from pathlib import Path\nPath('a').unlink()", "code.delete", HIGH),
    ("getattr(__import__('shutil'), 'rm' + 'tree')('/')", "code.delete", CRITICAL),
    ("User.objects.all().delete()", "code.delete", MEDIUM),
    ("client.drop_database('shop')", "code.delete", CRITICAL),
    ("ec2.terminate_instances(InstanceIds=ids)", "code.delete", CRITICAL),
    ("import os\nos.system('rm -rf /srv')", "shell.delete_recursive", CRITICAL),
    ("import subprocess as s\ns.run(['rm', '-rf', '/'])",
     "shell.delete_recursive", CRITICAL),
    ("import subprocess\nsubprocess.run(made)", "code.runs_program", HIGH),
    ("import os\nos.execv('/bin/sh', ['sh'])", "code.runs_program", MEDIUM),
    ("cursor.execute('DROP TABLE users')", "sql.drop", CRITICAL),
    ("eval(input())", "code.dynamic", HIGH),
    ("exec(__import__('base64').b64decode('aW1wb3J0IG9z'))", "code.dynamic", HIGH),
    ("exec('import os; os.unlink(a)')", "code.delete", HIGH),
    ("().__class__.__mro__[1].__subclasses__()", "code.dynamic", HIGH),
    ("import importlib\nimportlib.import_module(name)", "code.dynamic", HIGH),
    ("import pickle\npickle.loads(data)", "code.deserialisation", MEDIUM),
    ("import requests\nrequests.get('https://example.com')", "code.network", LOW),
    ("import requests\nrequests.post(url, data=d)", "code.network", MEDIUM),
    ("import socket\nsocket.socket()", "code.network", HIGH),
    ("open('/home/ana/.ssh/id_rsa').read()", "code.credentials", HIGH),
    ("open('/etc/shadow')", "code.credentials", HIGH),
    ("import os\nprint(os.environ)", "code.environment", MEDIUM),
    ("open('/etc/cron.d/x', 'w')", "code.writes_file", CRITICAL),
    ("open('out.csv', 'w')", "code.writes_file", LOW),
    ("import os\nos.chmod('a', 0o777)", "code.privilege", MEDIUM),
    ("import os\nos.setuid(0)", "code.privilege", HIGH),
    ("import os\nos.kill(1, 9)", "code.stop", HIGH),
    ("import frobnicator", "code.unknown_module", LOW),
    ("!rm -rf /srv\nprint(1)", "shell.delete_recursive", CRITICAL),
    ("%%bash\nrm -rf /srv", "shell.delete_recursive", CRITICAL),
    (
        "import os, requests\nrequests.post(u, json=dict(os.environ))",
        "code.exfiltration",
        CRITICAL,
    ),
    (
        "import requests as r\nr.get(u + open('/root/.aws/credentials').read())",
        "code.exfiltration",
        CRITICAL,
    ),
]  # fmt: skip


@pytest.mark.parametrize(("code", "expected", "severity"), PYTHON)
def test_finds_what_python_would_do(
    code: str, expected: str, severity: Severity
) -> None:
    found = of(code)
    assert severity in severities(found, expected), found.findings
    pointers = {one.pointer for one in found.findings if one.code != "tool.changes"}
    assert pointers == {"/arguments/code"}


@pytest.mark.parametrize(
    ("language", "code", "expected", "severity"),
    [
        ("javascript", "fs.unlinkSync('a')", "code.delete", CRITICAL),
        ("node", "require('child_process').exec('ls')", "code.runs_program", HIGH),
        ("javascript", "eval(atob(x))", "code.dynamic", HIGH),
        ("javascript", "fetch('https://x')", "code.network", HIGH),
        ("javascript", "console.log(process.env)", "code.environment", MEDIUM),
        ("javascript", "frobnicate()", "code.uninspectable", MEDIUM),
        ("ruby", "FileUtils.rm_rf('/')", "code.delete", CRITICAL),
        ("php", "unserialize($_GET['a']);", "code.dynamic", HIGH),
        ("powershell", "Remove-Item -Recurse C:/", "code.delete", CRITICAL),
        ("python", "def broken(", "code.uninspectable", MEDIUM),
    ],
)
def test_finds_what_other_languages_would_do(
    language: str, code: str, expected: str, severity: Severity
) -> None:
    assert severity in severities(of(code, language=language), expected)


@pytest.mark.parametrize(
    "code",
    [
        "console.log([1, 2, 3].map(x => x * 2).join(','))",
        "const total = items.reduce((a, b) => a + b, 0); console.log(total)",
        "console.log(JSON.stringify({a: Math.max(1, 2)}))",
        "console.log(require('./package.json').version)",
    ],
)
def test_harmless_scripts_are_quiet(code: str) -> None:
    assert of(code, language="javascript").findings == ()


def test_a_module_that_nobody_knows_is_not_understood() -> None:
    assert of("import frobnicator\nfrobnicator.go()").inspected == ()


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("promo.check", {"code": "SAVE20"}),
        ("country.get", {"code": "CH"}),
        ("search.code", {"query": "os.remove"}),
    ],
)
def test_what_is_only_called_code_is_none(name: str, arguments: dict[str, Any]) -> None:
    codes = {one.code for one in assess(Action(name, "bot", arguments)).findings}
    assert not [code for code in codes if code.startswith("code.")]


def test_code_is_found_under_a_name_that_says_nothing() -> None:
    code = "import shutil\nshutil.rmtree('/srv')"
    found = assess(Action("weather.get", "bot", {"code": code}))
    assert severities(found, "code.delete") == [CRITICAL]


@pytest.mark.parametrize(
    "code",
    [
        "x=" + "(" * 5_000, "x=" + "-" * 15_000 + "1", "x=a" + ".b" * 9_000,
        "x=" + "not " * 4_000 + "1", "x=" + "1+" * 9_000 + "1", "x=f" + "()" * 9_000,
        "x=" + "lambda:" * 2_500 + "1", "x=" + "a<" * 9_000 + "1", "f'" * 5_000,
        "\n".join(" " * depth + "if 1:" for depth in range(150)), "\0", "\ud800",
        "x" * 300_000, "eval('" * 400, "def f(:" * 1_000,
    ],
    ids=lambda code: code[:8].strip() + str(len(code)),
)  # fmt: skip
def test_hostile_code_neither_raises_nor_crashes(code: str) -> None:
    assessment = of(code)
    own = [f for f in assessment.findings if f.code.startswith(("code.", "action."))]
    assert not [f for f in own if "Could not be analysed" in f.message]


_WORDS = ["os.", "remove(", "import os", "getattr(", "lambda:", "eval(", "b64decode("]
_PIECES = [*_WORDS, *"()'a=[]+ \n", "    ", "if 1:", "f'{", "}'"]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(_PIECES), max_size=30).map("".join) | st.text())
def test_reading_never_raises(code: str) -> None:
    for language in ("", "python", "javascript"):
        for match in read(code, language).matches:
            assert match.message


def worst_of_python(code: str) -> set[str]:
    """The codes that are worse than a note."""
    found = assess(Action("python", "bot", {"code": code})).findings
    return {one.code for one in found if one.severity.rank >= Severity.MEDIUM.rank}


def test_a_path_of_the_system_is_written_by_a_method_too() -> None:
    code = "from pathlib import Path; Path('/etc/cron.d/a').write_text('b')"
    assert "code.writes_file" in worst_of_python(code)


def test_a_terminal_is_more_than_a_program() -> None:
    assert worst_of_python("import pty; pty.spawn('/bin/date')")
