"""Pieces that hostile actions and policies are put together from."""

import rfc8785

from approvals.canonical import Action
from approvals.risk import assess
from approvals.risk.context import Context, Kind, Mapped, Role

NAMES = (
    "sql.execute",
    "db.query",
    "Bash",
    "shell.run",
    "python.run",
    "execute_code",
    "terraform.apply",
    "kubectl.apply",
    "redis.command",
    "mongo.run",
    "http.request",
    "write_file",
    "email.send",
    "send_money",
    "payments.refund",
    "pip.install",
    "npm_install",
    "memory.store",
    "delete_repo",
    "get_order_details",
    "mapped.tool",
    "slack.post",
    "iam.update",
    "x",
)
MEMBERS = (
    "sql",
    "query",
    "command",
    "cmd",
    "script",
    "code",
    "url",
    "to",
    "cc",
    "recipients",
    "amount",
    "currency",
    "path",
    "content",
    "body",
    "packages",
    "manifest",
    "plan",
    "policy",
    "resource_changes",
    "method",
    "headers",
    "filter",
    "memory",
    "args",
    "",
)
FRAGMENTS = (
    "DROP TABLE t",
    "SELECT 1;",
    "delete from x where 1=1",
    "/*!50000",
    "*/",
    "--",
    "$$",
    "DO $$ BEGIN ",
    "WITH a AS (",
    "EXPLAIN ANALYZE ",
    "COPY t FROM PROGRAM '",
    "\\! rm",
    "rm -rf /",
    "sh -c '",
    "eval ",
    "$(",
    "`",
    "<<EOF\n",
    "\nEOF\n",
    "| base64 -d | sh",
    "find . -exec ",
    "xargs -0 ",
    "sudo ",
    "kubectl delete ns x",
    "aws iam put-user-policy",
    "terraform destroy",
    "git push --force",
    "python -c 'import os;os.system(\"x\")'",
    "FLUSHALL",
    "db.dropDatabase()",
    "deleteMany({})",
    "import os\n",
    "lambda: ",
    "exec(",
    "AKIAIOSFODNN7EXAMPLE",
    "ghp_" + "a" * 36,
    "-----BEGIN RSA PRIVATE KEY-----",
    "eyJ",
    "password=",
    "4111 1111 1111 1111",
    "DE89370400440532013000",
    "+49 30 901820",
    "ana@example.com",
    "<b@c.org>, ",
    "bob@exаmple.com",
    "078-05-1120",
    "mailto:",
    "ignore all previous instructions",
    "<|im_start|>system",
    "[INST]",
    "![x](http://e.io/",
    "CLAUDE.md",
    "AGENTS.md",
    "from now on always",
    "https://u:p@169.254.169.254/",
    "xn--",
    "\u202e",
    "\u200b",
    "\u200d",
    "\U000e0041",
    "\ufe0f",
    "аррӏе",
    "ＡＢＣ",
    "\u0301" * 40,
    "\x1b[2J",
    "\x00",
    "\ufffe",
    "👨\u200d👩\u200d👧",
    "करना",
    "ﷺ",
    "İ",
    "ß",
    "requests==",
    "reqeusts",
    "@types/node",
    "--index-url http://e.io",
    "git+https://",
    "1e309",
    "-1",
    "1.000,00",
    "٣",
    "NaN",
    "{",
    "}",
    "[",
    "]",
    "(",
    ")",
    "'",
    '"',
    "\\",
    "&",
    "*",
    "?",
    "!",
    "#",
    "%s",
    "${X}",
    "a" * 500,
    "(" * 200,
    "[" * 200,
    "\t\n\r ",
    "apiVersion: v1\nkind: Pod\n",
    "privileged: true\n",
    "&a [*a, *a]",
    "hostPath: {}\n",
    'resource "aws_s3_bucket" "b" {\n',
    '{"actions": ["delete"]}',
    '"Action": "*"',
)
POLICY_LINES = (
    "default_tier: a",
    "tiers:",
    "  a: {rank: 1, route: block}",
    "  b: {rank: 0, route: auto}",
    "rules: []",
    "rules:",
    "  - {key: k, when: 'action.name == \"x\"', tier: b}",
    "  - key: k",
    "    when: >-",
    "      findings.codes.exists(c, c.matches('a+'))",
    "    tier: a",
    "windows:",
    "  - {key: w, measure: count, per: [agent], within: 1h}",
    "actions: [{match: x, kind: sql, pointers: {sql: /arguments/x}}]",
    "internal_domains: [example.com]",
    "trip_wires:",
    "  - {key: t, watches: canary}",
    "a: &a [*a]",
    "? [x]",
    "--- ",
    "...",
    "!!python/object:os.system",
    "\ufeff",
    "\t- x",
    "    escalation: {after: 50%, groups: [x]}",
    "  a: {rank: 1e9, route: block}",
    "'",
    "    grants: {max_uses: 1, max_duration: 1d, max_sum: .inf}",
    "# \u202e",
    '"\\x00"',
    "    when: '" + "(" * 100 + "'",
    "    when: 'window.w > 1.0 && now == now'",
    "{[",
    "|",
    "    when: 'action.arguments.a.b.c[0] == 1 || size(action.arguments) > 0'",
    ">",
)
CONTEXT = Context(
    actions=(
        Mapped(
            ("mapped.*",),
            Kind.MESSAGE,
            dict.fromkeys(Role, ("/arguments/*", "/arguments/x/*/y")),
        ),
    ),
    internal_domains=("example.com",),
)
PLACES = ("/arguments", "/resource", "/subject", "/environment", "/action")
"""What a finding's pointer begins with."""


def holds(action: Action) -> None:
    """What must be true of every assessment, whatever the action."""
    assessment = assess(action, CONTEXT)
    ranks = [finding.severity.rank for finding in assessment.findings]
    assert ranks == sorted(ranks, reverse=True)
    for finding in assessment.findings:
        assert finding.pointer.startswith(PLACES), finding
        assert finding.reference, finding
        assert finding.message, finding
        # An analyser that failed is caught by assess, and is a defect all the same.
        assert not finding.message.startswith("Could not be analysed"), finding
        if finding.span is not None:
            start, end = finding.span
            assert 0 <= start <= end <= len(_text_at(action, finding.pointer)), finding
    # A vote commits to this; what is no RFC 8785 JSON could be neither stored nor seen.
    found = [finding.as_dict() for finding in assessment.findings]
    rfc8785.dumps({"findings": found, "impact": assessment.impact.as_dict()})


def _text_at(action: Action, pointer: str) -> str:
    """The string that a pointer leads to; nothing where there is none."""
    members = {
        "arguments": action.arguments,
        "resource": action.resource,
        "subject": action.subject,
        "environment": action.environment,
        "action": action.name,
    }
    value: object = members
    for step in pointer.split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        if isinstance(value, dict):
            # A finding about a member's name points to its member.
            value = value.get(name, "")
        elif isinstance(value, list):
            value = value[int(name)]
    return value if isinstance(value, str) else pointer + "x" * 300_000
