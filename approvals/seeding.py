"""Fills a development database with as many requests as years of use leave behind.

What is asked goes through the real analysis and the policy in force, once for each
agent and kind; PostgreSQL then makes the rows, each with a number and a digest of its
own. Nobody asked for any of it and nobody decided: the audit log has one entry that
says so, and none for the requests. They are no evidence, and an export of such a log
says of each that the log knows nothing of it.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db import connection, transaction
from django.utils import timezone
from uuid_utils.compat import uuid7

from agents.models import Agent
from approvals.models import ApprovalRequest
from approvals.policy import Route, evaluate
from approvals.risk import assess
from approvals.ruleset import current
from approvals.seed_actions import FIRST_NUMBER, KINDS, NUMBER, Kind
from approvals.submission import Submission, escalation_time, give_verdict, new_request
from audit.actions import Action as Verb
from audit.log import Actor, record
from audit.models import Entry

PREFIX = "seeded-"
"""What the names of agents and people begin with that exist for this alone."""
MOST = 5_000_000
BATCH = 50_000
"""Rows of one transaction."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How much of it, by whom, over how long until now."""

    pending: int
    decided: int
    agents: Sequence[Agent]
    people: Sequence[User]
    days: int


class NothingToDecide(Exception):
    """The policy in force leaves nothing of it to people."""


def is_in_use() -> bool:
    """Whether there is any request that was not seeded."""
    real = ApprovalRequest.objects.exclude(agent__name__startswith=PREFIX)
    return real.exists()


def seed(plan: Plan, *, actor: Actor, tell: Callable[[int], None]) -> None:
    """Make the requests, the oldest first; ``tell`` hears how many there are so far.

    Raises ``ruleset.NoPolicy`` and NothingToDecide. Ended early, it leaves what it has
    made, and the entry that says that it began.
    """
    now = timezone.now()
    templates = list(_templates(plan.agents, now))
    if not any(template["route"] == Route.REVIEW for template in templates):
        raise NothingToDecide
    # The same each time in an empty database; other rows when there are some already.
    salt = str(Entry.objects.filter(action=Verb.REQUESTS_SEEDED).count())
    with transaction.atomic(durable=True):
        record(
            Verb.REQUESTS_SEEDED,
            actor=actor,
            subject=("requests", str(uuid7())),
            data={
                "pending": plan.pending,
                "decided": plan.decided,
                "agents": [agent.name for agent in plan.agents],
                "people": [person.username for person in plan.people],
                "policy_version": templates[0]["policy_id"],
            },
        )
    with connection.cursor() as cursor:
        _load(cursor, templates, plan.people)
        try:
            _fill(cursor, plan, now, salt, tell)
        finally:
            cursor.execute("DROP TABLE seed_template, seed_deck, seed_person")


def _fill(
    cursor: Any, plan: Plan, now: datetime, salt: str, tell: Callable[[int], None]
) -> None:
    names: dict[str, Any] = {"now": now, "people": len(plan.people), "salt": salt}
    names |= {"days": timedelta(days=plan.days), "decided": plan.decided}
    for size, statement in ((plan.decided, _DECIDED), (plan.pending, _PENDING)):
        for first in range(0, size, BATCH):
            last = min(first + BATCH, size) - 1
            with transaction.atomic():
                cursor.execute(statement, {**names, "first": first, "last": last})
            tell(last + 1 + (plan.decided if statement is _PENDING else 0))


def _templates(agents: Sequence[Agent], now: datetime) -> Iterator[dict[str, Any]]:
    """Each kind as each agent would ask it, judged."""
    version, ruleset = current()
    for agent in agents:
        for kind in KINDS:
            submission = _submission(kind)
            action = submission.action_of(agent)
            assessment = assess(action, ruleset.context)
            approval = new_request(submission, action, assessment, now)
            verdict = evaluate(ruleset, action, assessment, now=now)
            give_verdict(approval, verdict, expires_in=None)
            tier = verdict.tier
            start, end = approval.created_at, approval.expires_at
            escalation = escalation_time(tier, start, end)
            yield {
                "agent_id": agent.pk,
                "policy_id": version,
                "weight": kind.weight,
                "lasts": (end - start).total_seconds(),
                "escalates": escalation and (escalation - start).total_seconds(),
                "permit_lasts": tier.permit_lifetime,
                "places": max(1, sum(need.count for need in tier.requirements)),
                **{name: getattr(approval, name) for name in _COPIED},
            }


_COPIED = (
    "canonical", "action", "environment", "resource", "subject", "summary",
    "justification", "evidence", "findings", "impact", "tier", "tier_rank", "route",
    "reasons",
)  # fmt: skip


def _submission(kind: Kind) -> Submission:
    return Submission(
        action=kind.action,
        arguments=kind.arguments,
        environment=kind.environment,
        resource=kind.resource,
        subject=kind.subject,
        summary=kind.summary,
        justification=kind.justification or None,
        evidence=kind.evidence,
    )


def _load(
    cursor: Any, templates: Sequence[dict[str, Any]], people: Sequence[User]
) -> None:
    """What the statements below draw from.

    ``seed_deck`` has each template as often as it weighs; the first agent is the one
    that floods, and the others come less often the later they stand.
    """
    cursor.execute(_TEMPLATES)
    with cursor.copy("COPY seed_template (id, t) FROM STDIN") as copy:
        for number, template in enumerate(templates):
            copy.write_row((number, json.dumps(template)))
    cursor.execute("CREATE TEMP TABLE seed_deck (waits bool, place int, template int)")
    review = [n for n, t in enumerate(templates) if t["route"] == Route.REVIEW]
    decks = {False: _deck(templates, range(len(templates)))}
    decks[True] = _deck(templates, review)
    with cursor.copy("COPY seed_deck FROM STDIN") as copy:
        for waits, deck in decks.items():
            for place, number in enumerate(deck):
                copy.write_row((waits, place, number))
    cursor.execute("CREATE TEMP TABLE seed_person (place int, id int, name text)")
    with cursor.copy("COPY seed_person FROM STDIN") as copy:
        for place, one in enumerate(people):
            copy.write_row((place, one.pk, one.username))
    cursor.execute("ANALYZE seed_template; ANALYZE seed_deck; ANALYZE seed_person")


def _deck(templates: Sequence[dict[str, Any]], numbers: Sequence[int]) -> list[int]:
    first = templates[0]["agent_id"]
    share = {t["agent_id"]: 0 for t in templates}
    for place, agent in enumerate(share):
        share[agent] = 12 if agent == first else max(1, 4 - place // 4)
    return [n for n in numbers for _ in range(_weight(templates[n], share))]


def _weight(template: dict[str, Any], share: dict[int, int]) -> int:
    weight: int = template["weight"] * share[template["agent_id"]]
    return weight


_TEMPLATES = "CREATE TEMP TABLE seed_template (id int, t jsonb)"

# Every draw is a hash of the number, so that a row can be made again from it.
_DRAWN = f"""
drawn AS (
    SELECT n, md5(n || %(salt)s) AS h, ('x' || md5(%(salt)s || n))::bit(31)::int AS r
    FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS n
), dealt AS (
    SELECT n, h, r, t.*, ({FIRST_NUMBER} + n %% 8000000)::text AS number
    FROM drawn
    JOIN seed_deck d ON d.waits = {{waits}} AND d.place = r %% {{size}}
    JOIN seed_template s ON s.id = d.template
    CROSS JOIN LATERAL jsonb_to_record(s.t) AS t (
        agent_id bigint, policy_id int, lasts float, escalates float,
        permit_lasts float, places int, canonical text, action text, environment text,
        resource text, subject text, summary text, justification text,
        evidence jsonb, findings jsonb, impact jsonb, tier text, tier_rank int,
        route text, reasons jsonb
    )
), written AS (
    SELECT *,
        replace(canonical, '{NUMBER}', number) AS text,
        replace(findings::text, '{NUMBER}', number)::jsonb AS found,
        replace(impact::text, '{NUMBER}', number)::jsonb AS does,
        replace(evidence::text, '{NUMBER}', number)::jsonb AS shown
    FROM dealt
)"""
_ALL = "(SELECT count(*) FROM seed_deck WHERE NOT waits)"
_WAITING = "(SELECT count(*) FROM seed_deck WHERE waits)"

# RFC 9562: milliseconds, version 7, variant 2.
_ID = """(
    lpad(to_hex((extract(epoch FROM created) * 1000)::bigint), 12, '0')
    || '7' || substr(h, 1, 3) || '8' || substr(h, 4, 15)
)::uuid"""
_INSERT = f"""INSERT INTO approvals_approvalrequest (
    id, agent_id, canonical, digest, revision, action, environment, resource, subject,
    summary, justification, session, evidence, metadata, findings, impact, policy_id,
    tier, tier_rank, route, reasons, window_values, window_shares, tier_floor,
    created_at, expires_at, frozen_for, escalates_at,
    state, decided_at, decision_source, decision_message, decision_reason_code,
    decided_by
)
SELECT {_ID}, agent_id, text,
    'sha256:' || encode(sha256(convert_to(text, 'UTF8')), 'hex'), 1,
    action, environment, resource, replace(subject, '{NUMBER}', number),
    replace(summary, '{NUMBER}', number), replace(justification, '{NUMBER}', number),
    'run-' || (n / 12), shown, jsonb_build_object('ticket', 'OPS-' || number),
    found, does, policy_id, tier, tier_rank, route, reasons, '{{}}', '[]', tier_rank,
    created, created + make_interval(secs => lasts), '0',
    created + make_interval(secs => escalates), """

_DECIDED = f"""
WITH {_DRAWN.format(waits="false", size=_ALL)}, timed AS (
    SELECT *, %(now)s::timestamptz - %(days)s::interval * (
            1 - (n + (r %% 1000) / 1000.0) / (%(decided)s + 1.0)
        ) AS created, r / 1000 %% 100 AS luck, r / 100000 %% %(people)s AS who
    FROM written
), fated AS (
    SELECT *, CASE
        WHEN route = 'auto' THEN 'approved'
        WHEN route = 'block' THEN 'denied'
        WHEN luck < 78 THEN 'approved'
        WHEN luck < 90 THEN 'denied'
        WHEN luck < 94 THEN 'cancelled'
        WHEN created + make_interval(secs => lasts) < %(now)s THEN 'expired'
        ELSE 'denied' END AS fate
    FROM timed
), sourced AS (
    SELECT *, CASE
        WHEN route <> 'review' THEN 'policy'
        WHEN fate = 'cancelled' THEN 'agent'
        WHEN fate = 'expired' THEN 'timeout'
        ELSE 'reviewer' END AS source,
        CASE WHEN route <> 'review' THEN created
        WHEN fate = 'expired' THEN created + make_interval(secs => lasts)
        ELSE least(
            created + make_interval(secs => lasts * (r %% 977) / 4000.0),
            %(now)s::timestamptz
        ) END AS ended,
        CASE WHEN fate = 'approved' THEN least(places, %(people)s) ELSE 1 END AS voters
    FROM fated
), settled AS (
    SELECT sourced.*, CASE source
        WHEN 'policy' THEN ARRAY['policy:' || policy_id]
        WHEN 'reviewer' THEN ARRAY(
            SELECT name FROM seed_person p
            WHERE (p.place - who + %(people)s) %% %(people)s < voters ORDER BY p.place)
        ELSE '{{}}'::text[] END AS by
    FROM sourced
), made AS (
    {_INSERT}
        fate, ended, source,
        CASE WHEN source = 'reviewer' AND fate = 'denied'
            THEN 'Only with a backup first.' ELSE '' END,
        CASE WHEN source = 'reviewer' AND fate = 'denied'
            THEN 'wrong-target' ELSE '' END,
        by
    FROM settled
    RETURNING id, digest, state, decision_source, decided_at, decision_message,
        decision_reason_code, decided_by, tier, policy_id
), voted AS (
    INSERT INTO approvals_vote (
        id, approval_id, voter_id, verdict, revision, digest, message, reason_code,
        created_at
    )
    SELECT gen_random_uuid(), made.id, p.id,
        CASE state WHEN 'approved' THEN 'approve' ELSE 'deny' END, 1, digest,
        decision_message, decision_reason_code, decided_at
    FROM made JOIN seed_person p ON p.name = ANY (decided_by)
    WHERE decision_source = 'reviewer'
), permitted AS (
    -- No signature: a token that nobody can take for a permit.
    INSERT INTO approvals_permit (
        approval_id, token, state, issued_at, expires_at, closed_at
    )
    SELECT id, 'seeded: not a permit',
        CASE WHEN is_used THEN 'redeemed' ELSE 'lapsed' END, decided_at,
        decided_at + interval '5 minutes',
        decided_at + CASE WHEN is_used THEN interval '2 s' ELSE interval '5 minutes' END
    FROM (
        SELECT *, right(id::text, 1) < 'e' AS is_used FROM made
        WHERE state = 'approved'
    ) AS approved
    RETURNING approval_id, state
)
INSERT INTO approvals_outcome (
    approval_id, status, digest, detail, reported_at, other_digest, unredeemed
)
SELECT id, CASE WHEN right(id::text, 2) < '08' THEN 'failed' ELSE 'succeeded' END,
    digest, '', decided_at + interval '4 s', false, false
FROM made JOIN permitted ON permitted.approval_id = made.id
WHERE permitted.state IN ('redeemed')
"""

_PENDING = f"""
WITH {_DRAWN.format(waits="true", size=_WAITING)}, timed AS (
    SELECT *, %(now)s::timestamptz
        - make_interval(secs => lasts * (r %% 1000) / 2500.0) AS created
    FROM written
), made AS (
    {_INSERT}
        'pending', NULL, '', '', '', '{{}}'
    FROM timed
    RETURNING id, digest, tier, created_at
), tiers AS (
    SELECT DISTINCT t ->> 'tier' AS key, (t ->> 'places')::int AS places
    FROM seed_template
)
-- Some have the first of two votes.
INSERT INTO approvals_vote (
    id, approval_id, voter_id, verdict, revision, digest, message, reason_code,
    created_at
)
SELECT gen_random_uuid(), made.id, p.id, 'approve', 1, digest, '', '', created_at
FROM made JOIN tiers ON tiers.key = tier AND places > 1
JOIN seed_person p ON p.place = 0
WHERE right(made.id::text, 1) < '5'
"""
