"""Keys and tokens that can be told by their form, as their issuers describe it.

Every pattern is fixed in length or begins where a word does, so that looking for it
takes time in proportion to the text, whatever the text.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from approvals.risk import secrets_checks as checks
from approvals.risk.findings import Severity
from approvals.risk.scanning import Scanner
from approvals.risk.secrets_services import services

_HIGH, _MEDIUM, _LOW = Severity.HIGH, Severity.MEDIUM, Severity.LOW
_LONGEST = 130
"""How far after its word a secret can go on that began before it."""

_START, _END = r"(?<![A-Za-z0-9_-])", r"(?![A-Za-z0-9])"


@dataclass(frozen=True, slots=True)
class Format:
    """One kind of secret, which is looked for around each of its ``words``.

    It starts at the word, or up to ``lead`` characters before it. The secret is the
    group ``secret`` of the pattern, or all of it. A text that the check refuses is
    still looked at by people (``otherwise``), or by nobody: None.
    """

    what: str
    code: str
    words: tuple[str, ...]
    pattern: re.Pattern[str]
    severity: Severity = _HIGH
    check: Callable[[str], bool] | None = None
    otherwise: Severity | None = None
    lead: int = 0
    scan: str = ""
    """Instead of words, where these would be too common: RE2 for enough of it."""

    def around(self, text: str, start: int, end: int) -> re.Match[str] | None:
        """The secret that has its word from ``start`` to ``end``."""
        if not self.lead:
            return self.pattern.match(text, start)
        return self.pattern.search(text, max(0, start - self.lead), end + _LONGEST)


def _token(
    what: str, words: str, pattern: str, code: str = "secrets.token", lead: int = 0
) -> Format:
    bounded = re.compile(f"{_START}(?:{pattern}){_END}")
    return Format(what, code, tuple(words.split()), bounded, lead=lead)


def _scanned(what: str, head: str, pattern: str, lead: int = 0) -> Format:
    """A token without a word of its own, which ``head`` finds (RE2).

    The head begins with fixed characters: RE2 gets slow where it could begin anywhere.
    """
    bounded = re.compile(f"{_START}(?:{pattern}){_END}")
    return Format(what, "secrets.token", (), bounded, lead=lead, scan=head)


def _checked(what: str, words: str, pattern: str) -> Format:
    """A wrong checksum: mistyped, revoked long ago or made up. Somebody should look."""
    bounded = re.compile(f"{_START}(?:{pattern}){_END}")
    check = checks.has_base62_checksum
    return Format(
        what, "secrets.token", tuple(words.split()), bounded, _HIGH, check, _MEDIUM
    )


def _inside(what: str, words: str, pattern: str, code: str, lead: int = 0) -> Format:
    return Format(what, code, tuple(words.split()), re.compile(pattern), lead=lead)


_CLOUD = "secrets.cloud_key"
_ISSUED: tuple[Format, ...] = (
    _token(
        "AWS access key",
        "AKIA ASIA ABIA ACCA",
        "(?:A[KSB]IA|ACCA)[A-Z0-9]{16}(?![a-z])",
        _CLOUD,
    ),
    _inside(
        "AWS secret key",
        "secret Secret SECRET",
        r"(?i:aws|amazon|access)[\w.-]{0,20}[_ .-]?(?i:secret)[\w .-]{0,30}+"
        r"[\"']?\s{0,5}(?:=>|:=|=|:)?\s{0,5}[\"']?"
        r"(?P<secret>[A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])",
        _CLOUD,
        lead=50,
    ),
    _token("AWS Bedrock key", "ABSK", r"ABSK[A-Za-z0-9+/]{109,269}={0,2}", _CLOUD),
    _token("Google API key", "AIza", r"AIza[\w-]{35}", _CLOUD),
    _token("Google OAuth secret", "GOCSPX-", r"GOCSPX-[\w-]{28}", _CLOUD),
    _token("Google access token", "ya29.", r"ya29\.[\w-]{20,500}+", _CLOUD),
    _inside(
        "Azure storage key",
        "AccountKey= SharedAccessKey=",
        r"(?:AccountKey|SharedAccessKey)=(?P<secret>[A-Za-z0-9+/]{43,88}={0,2})",
        _CLOUD,
    ),
    _inside(
        "Azure shared access signature",
        "sig=",
        r"(?:[?&;]|amp;)sig=(?P<secret>[A-Za-z0-9%+/]{40,100}+(?:=|%3[Dd])?)",
        _CLOUD,
        lead=5,
    ),
    _token(
        "Azure client secret",
        "8Q~ 7Q~",
        r"[A-Za-z0-9_~.-]{3}[78]Q~[\w~.-]{31,34}",
        _CLOUD,
        lead=3,
    ),
    _token("Alibaba Cloud key", "LTAI", "LTAI[A-Za-z0-9]{20}", _CLOUD),
    _token("Tencent Cloud key", "AKID", "AKID[A-Za-z0-9]{32}", _CLOUD),
    _token(
        "DigitalOcean token",
        "dop_v1_ doo_v1_ dor_v1_",
        "do[opr]_v1_[0-9a-f]{64}",
        _CLOUD,
    ),
    _token(
        "Fly.io token",
        "fo1_ FlyV1",
        r"fo1_[\w-]{43}|FlyV1 fm\d_[\w+/=,-]{40,}+",
        _CLOUD,
    ),
    _checked("GitHub token", "ghp_ gho_ ghu_ ghs_ ghr_", "gh[pousr]_[A-Za-z0-9]{36}"),
    _checked(
        "GitHub token", "github_pat_", r"github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}"
    ),
    _checked("npm token", "npm_", "npm_[A-Za-z0-9]{36}"),
    _checked("Countersign agent key", "csk_", "csk_[A-Za-z0-9]{36}"),
    _token("webhook signing secret", "whsec_", r"whsec_[A-Za-z0-9+/_-]{24,90}+={0,2}"),
    _token(
        "GitLab token",
        "glpat- glptt- gldt- glrt- glcbt- glsoat- gloas- glimt- glagent- glft-",
        r"gl(?:pat|ptt|dt|rt|cbt|soat|oas|imt|agent|ft)-"
        r"[\w.-]{20,300}+",
    ),
    _token(
        "Slack token",
        "xox xapp-",
        r"(?:xox[abeoprs]|xoxe\.xox[bp]|xapp)-\d?"
        r"[\w-]{10,250}+",
    ),
    _inside(
        "Slack webhook",
        "hooks.slack.com/",
        r"hooks\.slack\.com/(?:services"
        r"|workflows|triggers)/(?P<secret>[A-Z][\w/-]{15,100}+)",
        "secrets.webhook",
    ),
    _inside(
        "Discord webhook",
        "discord.com/api/ discordapp.com/api/",
        r"discord(?:app)?\.com/api/(?:v\d+/)?"
        r"webhooks/\d{15,21}/(?P<secret>[\w-]{40,100}+)",
        "secrets.webhook",
    ),
    _inside(
        "Teams webhook",
        "webhook.office.com",
        r"webhook\.office\.com/webhookb2/"
        r"(?P<secret>[\w@-]{30,100}+/IncomingWebhook/[\w/-]{20,120}+)",
        "secrets.webhook",
    ),
    _token(
        "Stripe live key",
        "sk_live_ rk_live_ psk_live_",
        r"(?:sk|rk|psk)_live_[A-Za-z0-9]{16,250}+",
    ),
    _token(
        "OpenAI key", "T3BlbkFJ", r"sk-[\w-]{16,100}?T3BlbkFJ[\w-]{16,100}+", lead=110
    ),
    _token(
        "OpenAI key",
        "sk-proj- sk-svcacct- sk-admin-",
        r"sk-(?:proj|svcacct|admin)-[\w-]{20,200}+",
    ),
    _token("Anthropic key", "sk-ant-", r"sk-ant-[a-z0-9]{2,10}-[\w-]{20,120}+"),
    _scanned(
        "API key",
        "sk-[a-z0-9-]{0,6}[A-Za-z0-9]{26}",
        "sk-(?:or-v1-)?[A-Za-z0-9]{32,64}",
    ),
    _token("Hugging Face token", "hf_ api_org_", "(?:hf|api_org)_[A-Za-z0-9]{34,40}"),
    _token("Groq key", "gsk_", "gsk_[A-Za-z0-9]{50,60}"),
    _token("xAI key", "xai-", r"xai-[A-Za-z0-9]{70,90}"),
    _token("Perplexity key", "pplx-", "pplx-[A-Za-z0-9]{40,60}"),
    _token("Replicate token", "r8_", "r8_[A-Za-z0-9]{37}"),
    _token("PyPI token", "pypi-AgE", r"pypi-AgE[\w-]{50,400}+"),
    _token("RubyGems key", "rubygems_", "rubygems_[0-9a-f]{48}"),
    _scanned("crates.io token", "cio[A-Za-z0-9]{32}", "cio[A-Za-z0-9]{32}"),
    _scanned("Twilio key", "SK[0-9a-f]{32}", "SK[0-9a-f]{32}"),
    _token("SendGrid key", "SG.", r"SG\.[\w-]{16,32}\.[\w-]{16,64}+"),
    _scanned("Mailgun key", "key-[0-9a-f]{32}", "key-[0-9a-f]{32}"),
    _scanned("Mailchimp key", "-us[0-9]", r"[0-9a-f]{32}-us\d{1,2}", lead=32),
    _token("Brevo key", "xkeysib-", "xkeysib-[0-9a-f]{64}-[A-Za-z0-9]{16}"),
    _token("Telegram bot token", ":AA", r"\d{8,10}:AA[\w-]{32,34}+", lead=10),
    _scanned(
        "Discord bot token",
        r"\.[\w-]{6}\.[\w-]{27}",
        r"[MNO][A-Za-z0-9]{23,27}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,40}",
        lead=28,
    ),
    _token(
        "Shopify token",
        "shpat_ shpca_ shppa_ shpss_",
        "shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}",
    ),
    _token("Square token", "sq0 EAAA", r"sq0[a-z]{3}-[\w-]{22,43}+|EAAA[\w-]{60}"),
    _token(
        "PayPal token",
        "access_token$",
        r"access_token\$(?:production|sandbox)\$"
        r"[0-9a-z]{16}\$[0-9a-f]{32}",
    ),
    _token("Heroku key", "HRKU-", r"HRKU-[\w-]{36,62}+"),
    _token("Databricks token", "dapi", r"dapi[0-9a-f]{32}(?:-\d{1,2})?"),
    _token("Vault token", "hvs. hvb. hvr.", r"hv[sbr]\.[\w-]{20,300}+"),
    _scanned(
        "Vault token",
        r"s\.[A-Za-z0-9]{24}",
        r"s\.(?=[A-Za-z]{0,23}\d)(?=[a-z0-9]{0,23}[A-Z])[A-Za-z0-9]{24}",
    ),
    _token("Docker token", "dckr_", r"dckr_(?:pat|oat)_[\w-]{20,60}+"),
    _token(
        "Terraform Cloud token",
        ".atlasv1.",
        r"[A-Za-z0-9]{14}\.atlasv1\.[\w=-]{60,80}+",
        lead=14,
    ),
    _token("Atlassian token", "ATATT3 ATCTT3", r"AT[AC]TT3[\w=.-]{60,250}+"),
    _token("Linear key", "lin_api_ lin_oauth_", "lin_(?:api|oauth)_[A-Za-z0-9]{32,64}"),
    _token(
        "Notion token", "secret_ ntn_", "secret_[A-Za-z0-9]{43}|ntn_[A-Za-z0-9]{46}"
    ),
    _token(
        "Grafana token",
        "glsa_ glc_",
        r"glsa_[A-Za-z0-9]{32}_[0-9a-f]{8}|glc_[A-Za-z0-9+/]{32,400}+={0,3}",
    ),
    _token("New Relic key", "NRAK- NRII- NRJS-", r"NR(?:AK|II|JS)-[\w-]{19,32}+"),
    _token(
        "Sentry token",
        "sntrys_ sntryu_",
        r"sntrys_[\w+/=.-]{40,400}+|sntryu_[0-9a-f]{64}",
    ),
    _token(
        "Doppler token",
        "dp.pt. dp.st. dp.ct. dp.sa. dp.scim. dp.audit.",
        r"dp\.(?:pt|st|ct|sa|scim|audit)\.[\w.-]{40,60}+",
    ),
    _token("Pulumi token", "pul-", "pul-[0-9a-f]{40}"),
    _token(
        "PlanetScale password",
        "pscale_",
        r"pscale_(?:pw|tkn|oauth)_"
        r"[\w=.-]{32,64}+",
    ),
    _token("Postman key", "PMAK-", "PMAK-[0-9a-f]{24}-[0-9a-f]{34}"),
    _token(
        "Supabase key", "sbp_ sb_secret_", r"sbp_[0-9a-f]{40}|sb_secret_[\w-]{20,60}+"
    ),
    _token("Tailscale key", "tskey-", r"tskey-[a-z]{2,12}-[\w-]{16,80}+"),
    _scanned(
        "Airtable token", r"pat\w{14}\.[0-9a-f]{8}", r"pat[A-Za-z0-9]{14}\.[0-9a-f]{64}"
    ),
    _token("Figma token", "figd_", r"figd_[\w-]{38,50}+"),
    _token(
        "HubSpot token", "pat-na pat-eu", r"pat-(?:na|eu)\d-[0-9a-f]{8}-[0-9a-f-]{27}"
    ),
    _token("Dynatrace token", "dt0c01.", r"dt0c01\.[A-Z2-7]{24}\.[A-Z2-7]{64}"),
    _token("EasyPost key", "EZAK", "EZAK[A-Za-z0-9]{54}"),
    _token("Typeform token", "tfp_", r"tfp_[\w-]{40,64}+"),
    _token("Shippo token", "shippo_", "shippo_(?:live|test)_[0-9a-f]{40}"),
    _token("Facebook token", "EAA", r"EAA[A-Za-z0-9]{80,300}+"),
    _token("Contentful token", "CFPAT-", r"CFPAT-[\w-]{43}"),
    _token(
        "age key",
        "AGE-SECRET-KEY-1",
        "AGE-SECRET-KEY-1[0-9A-Z]{58}",
        "secrets.private_key",
    ),
    Format(
        "signed session token",
        "secrets.session",
        ("eyJ",),
        re.compile(r"(?<![\w.-])eyJ[\w-]{8,4000}+\.[\w-]{4,8000}+\.[\w-]{16,4000}+"),
        _HIGH,
        checks.is_jose_header,
    ),
    _inside(
        "private key",
        "-----BEGIN",
        r"-----BEGIN (?:[A-Z0-9]{2,10} ){0,3}PRIVATE KEY(?: BLOCK)?-----"
        r"(?P<secret>(?:\s|\\[nr]|[\"'+,]){0,40}+(?:[A-Za-z-]{3,20}: [^\n\\]{0,100}+"
        r"(?:\s|\\n){0,8}+){0,6}[A-Za-z0-9+/=]{24,100})",
        "secrets.private_key",
    ),
    _inside(
        "PuTTY private key",
        "PuTTY-User-Key-File",
        r"PuTTY-User-Key-File-\d: (?P<secret>[\w-]{5,40})",
        "secrets.private_key",
    ),
    Format(
        "Stripe test key",
        "secrets.example",
        ("sk_test_", "rk_test_", "pk_test_"),
        re.compile(rf"{_START}(?:sk|rk|pk)_test_[A-Za-z0-9]{{16,250}}+"),
        _LOW,
    ),
)
# By what many services put before their keys: whose it is and what it is for.
_NAMED_AS_KEY = Format(
    "token that is named as one",
    "secrets.token",
    ("_live_", "_prod_", "_pat_", "_sk_", "_apikey_", "_token_", "_auth_"),
    re.compile(
        rf"{_START}(?!pk_|pub)[a-z][a-z0-9]{{1,14}}_(?:live|prod|pat|sk|apikey|token|auth)_"
        rf"(?P<secret>[A-Za-z0-9]{{24,120}}+){_END}"
    ),
    _MEDIUM,
    checks.is_random,
    lead=16,
)
FORMATS: tuple[Format, ...] = (
    *_ISSUED,
    *(_token(*service) for service in services()),
    _NAMED_AS_KEY,
)
"""The most telling first: of two that overlap, the first is kept."""

_WORDS = sorted({word for one in FORMATS for word in one.words}, key=len, reverse=True)
HEADS = Scanner(*map(re.escape, _WORDS), *(one.scan for one in FORMATS if one.scan))
"""Where a secret could be: the longest word first, for it says most."""


@lru_cache(maxsize=256)
def formats_with(word: str) -> tuple[Format, ...]:
    """The formats that can have what ``HEADS`` found; a scanned one begins so."""
    return tuple(
        one
        for one in FORMATS
        if any(word.startswith(known) for known in one.words)
        or (one.scan and re.match(one.scan, word))
    )


ADDRESS_WITH_PASSWORD = re.compile(
    r"(?<![A-Za-z])(?P<scheme>[A-Za-z][A-Za-z0-9+.]{1,20}+)://(?P<user>[^\s:@/\"'<>]{0,100})"
    r":(?P<secret>[^\s@/\"'<>]{1,200})@(?P<host>[\w.\[-]{1,200}+)"
)
ADDRESSES = Scanner(r"://[^\s:@/\"'<>]*:[^\s@/\"'<>]+@")
