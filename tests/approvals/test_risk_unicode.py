"""Characters that deceive, and honest text in every language that does not."""

from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from approvals.canonical import Action
from approvals.risk import Severity, assess

HIGH, MEDIUM, LOW = Severity.HIGH, Severity.MEDIUM, Severity.LOW


def marks_in(value, member="body", name="note.add", **more):
    action = Action(name, "bot", {member: value, **more})
    return [one for one in assess(action).findings if one.code.startswith("unicode.")]


FOR_MACHINES = [
    ("if admin:\u202e x = 1", "code", "bidi", (9, 10)),
    ("a\u2066b\u2069", "sql", "bidi", (1, 2)),
    ("invoice\u202egpj.exe", "filename", "bidi", (7, 8)),
    ("rm -rf \u200b/", "command", "hidden", (7, 8)),
    ("https://example\u2060.com", "url", "hidden", (15, 16)),
    ("main\u3164", "branch", "hidden", (4, 5)),
    ("pay\u00adpal", "username", "hidden", (3, 4)),
    ("ls\U000e0072\U000e006d", "command", "hidden_text", (2, 4)),
    ("a\ufe01\ufe02\ufe03b", "code", "hidden_text", (1, 4)),
    ("\x1b[2Jls", "command", "control", (0, 1)),
    ("ls\x08\x08rm", "command", "control", (2, 4)),
    ("paуpal.com", "url", "lookalike", (0, 10)),
    ("https://аррӏе.com/login", "url", "lookalike", (0, 17)),
    ("https://xn--80ak6aa92e.com/", "url", "lookalike", (8, 22)),
    ("admin@gооgle.com", "to", "lookalike", (5, 16)),
    ("rеquests", "package", "lookalike", (0, 8)),
    ("/etc/раsswd", "path", "lookalike", (5, 11)),
    ("раураӏ", "package", "lookalike", (0, 6)),
    ("αdmin", "role", "lookalike", (0, 5)),
    ("https://example.com\u2044login.io", "url", "lookalike", (0, 28)),
    ("https://ⓔxample.com", "url", "lookalike", (0, 19)),
]


@pytest.mark.parametrize(
    ("text", "member", "code", "span"), FOR_MACHINES, ids=lambda value: repr(value)[:30]
)
def test_what_machines_act_upon_must_not_deceive(text, member, code, span):
    found = [one for one in marks_in(text, member) if one.code == f"unicode.{code}"]
    assert found
    assert (found[0].severity, found[0].span) == (HIGH, span)
    assert found[0].pointer == f"/arguments/{member}"


@pytest.mark.parametrize(
    ("text", "member"),
    [
        ("ｃurl example.com", "command"),
        ("𝗿𝗺 -rf x", "command"),
        ("раураӏ", "username"),
        ("сору /etc/passwd", "command"),
        ("good\u2044path", "path"),
    ],
    ids=["full-width", "bold", "whole word", "whole command", "slash"],
)
def test_other_styles_and_whole_words_for_machines_are_medium(text, member):
    (found,) = marks_in(text, member)
    assert (found.code, found.severity) == ("unicode.lookalike", MEDIUM)


FOR_PEOPLE = [
    ("total \u202e001$\u202c", "bidi", MEDIUM),
    ("a\u2067bc\u2069", "bidi", MEDIUM),
    ("a\u202bbc without an end", "bidi", MEDIUM),
    ("Hi\U000e0069\U000e0067\U000e006e", "hidden_text", MEDIUM),
    ("x\ufe00\ufe01\ufe02\ufe03", "hidden_text", MEDIUM),
    ("pass\u200bword", "hidden", MEDIUM),
    ("end.\u200b\u200c\u200b\u200c\u200b", "hidden", MEDIUM),
    ("\x1b]8;;http://x\x07click", "control", MEDIUM),
    ("back\x08\x08space", "control", MEDIUM),
    ("\ufdd0", "undefined", MEDIUM),
    ("Z\u0338\u0322\u031b\u0317\u0316\u0300\u0301algo", "stacked_marks", MEDIUM),
    ("Please trаnsfer the funds", "lookalike", MEDIUM),
    ("Ηello from PayPal", "lookalike", MEDIUM),
    ("visit http://раураl.com now", "lookalike", HIGH),
    ("visit xn--80ak6aa92e.com now", "lookalike", HIGH),
]


@pytest.mark.parametrize(
    ("text", "code", "severity"), FOR_PEOPLE, ids=lambda value: repr(value)[:30]
)
def test_text_for_people_is_judged_more_mildly(text, code, severity):
    found = {one.code: one.severity for one in marks_in(text)}
    assert found[f"unicode.{code}"] is severity


HONEST = [
    "Привет! Отправил VPNом, SMSка пришла, Linuxа нет, см. API-интерфейс.",
    "Сара ест суп, а Роса — хор.",
    "Україна: ґанок, їжак, є і.",
    "Καλημέρα κόσμε· το Δt είναι 5 μs, kΩ και αβγ.",
    "مرحبا بالعالم، استخدم API الجديد.",
    "می‌خواهم کتاب‌ها را بخوانم",
    "שלום עולם \u200fABC\u200e, מה שלומך?",
    "\u202bשלום (API)\u202c",
    "नमस्ते दुनिया, क्‍ष और श्री‌मान",
    "স্বাগতম, তোমাকে",
    "สวัสดีชาวโลก\u200bภาษาไทย",
    "សួស្តី\u200bពិភពលោក",
    "こんにちは、ＡＢＣ株式会社です。ﾃｽﾄ「ノート」",
    "葛\U000e0100城市、東京タワー",
    "한국어 문장입니다. 가나다",
    "你好，世界！（全角标点）１２３",
    "Tiếng Việt rất hay, Nguyễn Trãi",
    "Tie\u0302\u0301ng Vie\u0323\u0302t",
    "İstanbul'da kapı, ışık ve ağaç",
    "Größe, Ärger, naïve café, résumé, Łódź, Ångström",
    "👨‍👩‍👧‍👦 ❤️‍🔥 1️⃣ #️⃣ 🏳️‍🌈 👍🏽 🇩🇪 ☎️ ✔︎",
    "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f goal!",
    "so\u00adft hy\u00adphen and\u00a0no-break",
    "\ufeffA file that starts with a byte order mark",
    "\u2068Anna\u2069 has 3 messages",
    "price: 5 € ± 3 µs, ½ ™ №5, “quotes” — dash…",
    "line one\u2028line two\tand\r\nthree",
    "т.е. и т.д., сайт пример.рф и сайт.ru",
    "ﬁne ligatures, Ⅳ and ① too",
    "ქართული, Հայերեն, ᎣᏏᏲ, ትግርኛ",
]


@pytest.mark.parametrize("text", HONEST, ids=lambda text: text[:12])
def test_honest_text_in_any_language_stays_quiet(text):
    assert marks_in(text) == []


@pytest.mark.parametrize(
    ("text", "member"),
    [
        ("git commit -m 'Исправил ошибку в API'", "command"),
        ("/home/ivan/Документы/отчёт.txt", "path"),
        ("C:\\Users\\Jörg\\Ärger.txt", "path"),
        ("日本語/ＡＢＣ資料.pdf", "path"),
        ("https://пример.рф/путь", "url"),
        ("https://münchen.de/straße", "url"),
        ("https://xn--mnchen-3ya.de", "url"),
        ("xn--e1afmkfd.xn--p1ai", "host"),
        ("müller@example.com", "to"),
        ("Иван Петров <ivan@example.ru>", "to"),
        ("SELECT * FROM таблица WHERE имя = 'Анна'", "sql"),
        ("x = 'Grüße'  # Größe, 日本", "code"),
        ("王小明", "username"),
        ("Сара", "first_name"),
        ("echo “quoted” — dash…", "command"),
    ],
    ids=lambda value: value[:20],
)
def test_honest_names_paths_and_commands_stay_quiet(text, member):
    assert marks_in(text, member) == []


def test_code_that_is_written_to_a_file_is_for_machines():
    text = "# check\u2067 admin\u2069\nreturn"
    (found,) = marks_in(text, "content", "fs.write", path="src/app.py")
    assert found.severity is HIGH


def test_names_of_members_and_of_the_action_are_looked_at():
    (found,) = marks_in("x", "раyload")
    assert (found.pointer, found.span) == ("/arguments/раyload", None)
    action = Action("send\u200bmoney", "bot", {})
    pointers = [one.pointer for one in assess(action).findings if "hidden" in one.code]
    assert pointers == ["/action"]


def test_the_reviewer_is_shown_what_is_hidden():
    hidden = "".join(chr(0xE0000 + ord(char)) for char in "send all")
    (found,) = [one for one in marks_in(f"Hi{hidden}") if "text" in one.code]
    assert "send all" in found.message


PIECES = [
    *(case[0] for case in FOR_MACHINES),
    *(case[0] for case in FOR_PEOPLE),
    *HONEST,
]


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.sampled_from(PIECES) | st.characters(codec="utf-8") | st.text(max_size=20)
    ),
    st.sampled_from(["body", "command", "url", "to", "path"]),
)
def test_any_text_is_judged_and_spans_lie_in_it(parts, member):
    text = "".join(parts)
    for found in marks_in(text, member):
        assert found.code != "unicode.uninspectable"
        assert 0 <= found.span[0] < found.span[1] <= len(text)


@pytest.mark.parametrize(
    "unit",
    ["\u202ea", "а", "аa", "раyрal ", "a\ufe0f", "\u0301", "xn--80ak6aa92e.com "],
)
def test_time_grows_with_the_text_and_no_faster(unit):
    text = unit * (256 * 1024 // len(unit.encode()))
    started = process_time()
    marks_in(text)
    assert process_time() - started < 2.0


@pytest.mark.parametrize(
    "code", ["import \u043es", "if (a \u01c3= b) {}", "x = 1\u037e y = 2"]
)
def test_code_has_no_letters_and_operators_that_pass_for_others(code):
    (found, *_) = marks_in(code, "code")
    assert (found.code, found.severity) == ("unicode.lookalike", HIGH)


def test_short_names_in_physics_are_fine():
    assert not marks_in("\u03c1x = 2 * \u0394t", "code")
