"""Secrets inside actions. Keys are put together here, so that none stands in a file."""

import random
from binascii import crc32
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.keys import new_key, new_webhook_secret
from approvals.canonical import Action
from approvals.risk import Severity, assess

HEX = "0123456789abcdef"
BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_dice = random.Random(7)


def mixed(size, alphabet=BASE62):
    return "".join(_dice.choice(alphabet) for _ in range(size))


def with_checksum(body):
    number, digits = crc32(body.encode()), ""
    for _ in range(6):
        number, digit = divmod(number, 62)
        digits = BASE62[digit] + digits
    return body + digits


def secrets_in(value, member="body", name="note.add"):
    found = assess(Action(name, "bot", {member: value})).findings
    return [one for one in found if one.code.startswith("secrets.")]


PEM = "-----BEGIN {}PRIVATE KEY-----"
KEYS = {
    "aws": ("cloud_key", "AKIA" + mixed(16, BASE62[10:36])),
    "aws_session": ("cloud_key", "ASIA" + mixed(16, BASE62[10:36])),
    "aws_secret": ("cloud_key", "aws_secret_access_key = " + mixed(40)),
    "google": ("cloud_key", "AIza" + mixed(35)),
    "google_oauth": ("cloud_key", "GOCSPX-" + mixed(28)),
    "azure_storage": ("cloud_key", "AccountKey=" + mixed(86) + "=="),
    "azure_sas": ("cloud_key", "https://a.example/c?sv=2024&sig=" + mixed(43) + "%3D"),
    "azure_client": ("cloud_key", mixed(3) + "8Q~" + mixed(34)),
    "digitalocean": ("cloud_key", "dop_v1_" + mixed(64, HEX)),
    "github": ("token", "ghp_" + with_checksum(mixed(30))),
    "github_app": ("token", "ghs_" + with_checksum(mixed(30))),
    "github_fine": (
        "token",
        "github_pat_" + mixed(22) + "_" + with_checksum(mixed(53)),
    ),
    "npm": ("token", "npm_" + with_checksum(mixed(30))),
    "gitlab": ("token", "glpat-" + mixed(20)),
    "slack": ("token", "xoxb-123456789012-1234567890123-" + mixed(24)),
    "slack_webhook": (
        "webhook",
        "https://hooks.slack.com/services/T0AB12CD3/B0EF45GH6/" + mixed(24),
    ),
    "discord_webhook": (
        "webhook",
        "https://discord.com/api/webhooks/123456789012345678/" + mixed(68),
    ),
    "stripe": ("token", "sk_live_" + mixed(24)),
    "stripe_restricted": ("token", "rk_live_" + mixed(24)),
    "openai": ("token", "sk-" + mixed(20) + "T3BlbkFJ" + mixed(20)),
    "openai_project": ("token", "sk-proj-" + mixed(60)),
    "anthropic": ("token", "sk-ant-api03-" + mixed(95)),
    "huggingface": ("token", "hf_" + mixed(34)),
    "pypi": ("token", "pypi-AgEIcHlwaS5vcmc" + mixed(80)),
    "twilio": ("token", "SK" + mixed(32, HEX)),
    "sendgrid": ("token", "SG." + mixed(22) + "." + mixed(43)),
    "mailgun": ("token", "key-" + mixed(32, HEX)),
    "mailchimp": ("token", mixed(32, HEX) + "-us12"),
    "telegram": ("token", "8123456789:AA" + mixed(33)),
    "discord": ("token", "MTA" + mixed(21) + "." + mixed(6) + "." + mixed(27)),
    "shopify": ("token", "shpat_" + mixed(32, HEX)),
    "square": ("token", "sq0atp-" + mixed(22)),
    "heroku": ("token", "HRKU-" + mixed(36)),
    "databricks": ("token", "dapi" + mixed(32, HEX)),
    "vault": ("token", "hvs." + mixed(24)),
    "old_vault": ("token", "s." + mixed(24)),
    "docker": ("token", "dckr_pat_" + mixed(27)),
    "terraform": ("token", mixed(14) + ".atlasv1." + mixed(67)),
    "grafana": ("token", "glsa_" + mixed(32) + "_" + mixed(8, HEX)),
    "linear": ("token", "lin_api_" + mixed(40)),
    "countersign": ("token", new_key()),
    "countersign_webhook": ("token", new_webhook_secret()),
    "jwt": (
        "session",
        "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0In0." + mixed(43),
    ),
    "rsa": ("private_key", PEM.format("RSA ") + "\nMIIE" + mixed(60)),
    "openssh": ("private_key", PEM.format("OPENSSH ") + "\\nb3BlbnNzaC1r" + mixed(40)),
    "service_account": (
        "private_key",
        '{"type": "service_account", "private_key": "'
        + PEM.format("")
        + "\\nMIIE"
        + mixed(60)
        + '"}',
    ),
    "postgres": ("password_in_url", "postgres://app:" + mixed(12) + "@db.shop.io/x"),
    "basic_auth": ("password_in_url", "https://ann:" + mixed(12) + "@shop.io/x"),
}


@pytest.mark.parametrize("kind", KEYS)
def test_a_key_that_can_be_told_by_its_form_is_high(kind):
    code, key = KEYS[kind]
    (found, *_) = secrets_in(f"see {key} there")
    assert (found.code, found.severity) == (f"secrets.{code}", Severity.HIGH)
    assert found.pointer == "/arguments/body"
    start, end = found.span
    assert f"see {key} there"[start:end] in key


@pytest.mark.parametrize("kind", KEYS)
def test_nothing_of_a_key_is_repeated_but_its_last_four_characters(kind):
    _, key = KEYS[kind]
    said = " ".join(f"{one.message} {one.target}" for one in secrets_in(key))
    assert said
    windows = {key[n : n + 5] for n in range(max(0, len(key) - 60), len(key) - 4)}
    random_parts = {part for part in windows if not part.islower()}
    assert not [part for part in random_parts if part in said]


@pytest.mark.parametrize(
    "text",
    [
        "ghp_" + with_checksum(mixed(30))[:-1] + "!",
        "ghp_" + mixed(30) + "0Wrong",
        "npm_" + mixed(30) + "0Wrong",
    ],
    ids=["cut off", "github", "npm"],
)
def test_a_wrong_checksum_is_no_sure_key(text):
    assert all(one.severity is not Severity.HIGH for one in secrets_in(text))


NAMED = [
    "password=Summer2024!",
    "db_password: hunter2hunter2",
    "the password is Tr0ub4dor&3",
    '{"client_secret": "' + mixed(32) + '"}',
    "ALTER USER app PASSWORD 'Gr8pass_x1'",
    "mysql --password=Kd83jdk2 -u app",
    "Authorization: Bearer " + mixed(30),
    "export API_KEY=" + mixed(32, HEX),
    "ACCESS_TOKEN: " + mixed(24),
    "db.internal:5432:shop:app:Kd83jdk2Q",
    "carol:$6$Kd83jdk2$" + mixed(86) + ":19000:0:99999:7:::",
]


@pytest.mark.parametrize("text", NAMED, ids=lambda text: text[:14])
def test_what_is_called_secret_and_looks_so_is_medium(text):
    (found, *_) = secrets_in(text)
    assert (found.code, found.severity) == ("secrets.password", Severity.MEDIUM)


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("password", "Summer2024!"),
        ("apiKey", mixed(32)),
        ("auth_token", mixed(24)),
        ("Authorization", "Bearer " + mixed(24)),
        ("clientSecret", mixed(40, HEX)),
    ],
    ids=["password", "apiKey", "auth_token", "Authorization", "clientSecret"],
)
def test_a_member_that_is_called_so_says_it_too(member, value):
    (found,) = secrets_in(value, member)
    assert found.severity is Severity.MEDIUM
    assert found.pointer == f"/arguments/{member}"


@pytest.mark.parametrize(
    "text",
    [
        "AKIAIOSFODNN7EXAMPLE",
        "sk_test_" + mixed(24),
        "sk_live_xxxxxxxxxxxxxxxxxxxxxxxx",
        "postgres://postgres:postgres@localhost/app",
        "https://hooks.slack.com/services/T00000000/B00000000/" + "X" * 24,
    ],
    ids=["aws", "stripe", "filler", "localhost", "slack"],
)
def test_keys_from_documentation_and_test_keys_are_low(text):
    assert {one.severity for one in secrets_in(text)} == {Severity.LOW}


QUIET = [
    "DB_PASSWORD=${DB_PASSWORD}",
    "password: changeme",
    "password: <your-password>",
    "api_key = os.environ['API_KEY']",
    "token = get_token(user)",
    "self.token = request.headers",
    "Reset your password: click the link below",
    "Your token expires in 15 minutes",
    "secret: 550e8400-e29b-41d4-a716-446655440000",
    "commit 9fceb02d0ae598e95dc970b74767f19372d61af8",
    "token_sha256: " + mixed(64, HEX),
    "sha256:" + mixed(64, HEX),
    "password: ********",
    "https://user:${PASS}@example.com/",
    "https://example.com:8080/path@2x.png",
    "git@github.com:org/repo.git",
    "The secret of good coffee: fresh beans",
    "max_tokens: 4096, token_type: bearer",
    "next_page_token=" + mixed(32),
    "passport: C01X00T47",
    "grep -r 'BEGIN RSA PRIVATE KEY' .",
    "password=$(vault read -field=pw secret/db)",
    "data:image/png;base64," + mixed(80),
    "discount token: SPRING-24X, or token: a1b2c3d4",
    "The author: Anna-Maria Lindqvist2000",
]


@pytest.mark.parametrize("text", QUIET, ids=lambda text: text[:24])
def test_what_is_no_secret_stays_quiet(text):
    assert secrets_in(text) == []


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("password", "new_password"),
        ("page_token", mixed(32)),
        ("secret_name", "prod/db/main1"),
        ("max_tokens", "40960000"),
        ("token_type", "urn:ietf:params:oauth2"),
        ("order_id", "#W2378156"),
        ("payment_method_id", "credit_card_1234567"),
    ],
)
def test_members_that_only_sound_secret_stay_quiet(member, value):
    assert secrets_in(value, member) == []


def test_many_examples_cannot_push_out_a_real_key():
    real = KEYS["github"][1]
    text = "AKIAIOSFODNN7EXAMPLE " * 400 + real
    assert Severity.HIGH in {one.severity for one in secrets_in(text)}


def test_a_secret_in_a_list_is_found_where_it_stands():
    action = Action("x", "bot", {"rows": [{"note": "a"}, {"note": KEYS["gitlab"][1]}]})
    (found,) = [
        one for one in assess(action).findings if one.code.startswith("secrets.")
    ]
    assert found.pointer == "/arguments/rows/1/note"


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                *(key for _, key in KEYS.values()),
                *NAMED,
                *QUIET,
                "://",
                "eyJ",
                "\0",
                "=",
                "é",
            ]
        )
        | st.text(max_size=30),
        max_size=8,
    )
)
def test_any_text_is_judged_and_spans_lie_in_it(parts):
    text = "".join(parts)
    for found in secrets_in(text):
        assert found.code != "secrets.uninspectable"
        if found.span:
            assert 0 <= found.span[0] < found.span[1] <= len(text)


@pytest.mark.parametrize(
    "unit",
    ["password=", "ghp_", "eyJ", "://a:b", "token: a1b2c3d4e5f6g7h8 ", "SK", "-us1"],
)
def test_time_grows_with_the_text_and_no_faster(unit):
    text = unit * (256 * 1024 // len(unit))
    started = process_time()
    secrets_in(text)
    assert process_time() - started < 2.0


UUID = "-".join(mixed(size, HEX) for size in (8, 4, 4, 4, 12))
SERVICES = [
    "pcsk_" + mixed(64),
    "rdme_" + mixed(70, HEX),
    "sgp_" + mixed(40, HEX),
    "tvly-" + mixed(32),
    "lsv2_pt_" + mixed(32, HEX) + "_" + mixed(10, HEX),
    "nvapi-" + mixed(64),
    "sdk-" + UUID,
    "amzn.mws." + UUID,
    "sqp_" + mixed(40, HEX),
    "ATBB" + mixed(32),
]


@pytest.mark.parametrize("key", SERVICES, ids=lambda key: key[:5])
def test_tokens_of_further_services_are_high(key):
    (found, *_) = secrets_in(f"see {key} there")
    assert (found.code, found.severity) == ("secrets.token", Severity.HIGH)


@pytest.mark.parametrize(
    "text",
    [
        "acme_live_" + mixed(32),
        "//registry.npm" + "js.org/:_authToken=" + UUID,
        "X-Server-Token: " + UUID,
        "curl -u admin:" + mixed(8) + "9x https://a.example",
        "machine a.example login bob password " + mixed(10) + "7!",
    ],
    ids=["live", "npmrc", "header", "curl", "netrc"],
)
def test_names_around_a_value_say_that_it_is_a_key(text):
    assert Severity.MEDIUM in {one.severity for one in secrets_in(text)}


@pytest.mark.parametrize(
    "text",
    [
        "pk_live_" + mixed(24),
        "device_token: " + UUID,
        "idempotency_key: " + UUID,
        "docker run -u 1000:1000 app",
        "curl -u username:password https://a.example",
        "login page password field",
    ],
    ids=["public", "device", "idempotency", "docker", "placeholder", "prose"],
)
def test_public_values_and_placeholders_stay_quiet(text):
    assert all(one.severity is Severity.LOW for one in secrets_in(text))
