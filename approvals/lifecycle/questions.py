"""Somebody asks the agent, and the agent answers. The clock runs on meanwhile."""

from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from agents.models import Agent
from approvals import idempotency
from approvals.access import Standing, actions_for
from approvals.lifecycle import rows
from approvals.lifecycle.deadlines import is_past
from approvals.lifecycle.refusals import AlreadyDecided, NoOpenQuestion, NotAllowed
from approvals.lifecycle.rows import Answer
from approvals.models import Question
from audit.actions import Action as Verb
from audit.log import Sealed, person, record


@transaction.atomic(durable=True)
def ask(approval_id: UUID, *, actor: User, text: str) -> Question:
    """Ask the agent; one question is open at a time.

    Raises a Refusal, or ``ApprovalRequest.DoesNotExist``.
    """
    approval, now = rows.locked(approval_id), timezone.now()
    text = rows.checked_text(text, required=True)
    if is_past(approval, now):
        raise AlreadyDecided(approval)
    asker = User.objects.get(pk=actor.pk)
    allowed = actions_for(approval, asker, Standing.of(now)).ask
    if not allowed.allowed:
        raise NotAllowed(allowed.why_not)
    if approval.questions.filter(replied_at=None).exists():
        raise NotAllowed("A question is open; the agent has not answered it yet.")
    question = Question.objects.create(
        approval=approval, asked_by=asker, text=text, asked_at=now
    )
    record(
        Verb.REQUEST_ASKED,
        actor=person(asker),
        subject=rows.subject_of(approval),
        data={"question": str(question.pk), "message": Sealed(text)},
    )
    rows.save(approval)
    rows.tell_agent(approval, "request.question", now=now)
    return question


@transaction.atomic(durable=True)
def reply(
    approval_id: UUID,
    *,
    agent: Agent,
    question_id: UUID,
    message: str,
    call: idempotency.Call | None = None,
) -> Answer:
    """The agent's answer to the open question: a claim, shown as one.

    Raises NoOpenQuestion, AlreadyDecided, TextRefused,
    ``ApprovalRequest.DoesNotExist``, ``idempotency.Mismatch`` and ``InFlight``.
    """
    if call is not None and (known := idempotency.earlier(call)):
        return Answer(known, replayed=True)
    approval, now = rows.locked(approval_id, agent=agent), timezone.now()
    if is_past(approval, now):
        raise AlreadyDecided(approval)
    question = approval.questions.filter(pk=question_id, replied_at=None).first()
    if question is None:
        raise NoOpenQuestion
    question.reply = rows.checked_text(message, required=True)
    question.replied_at = now
    question.save(update_fields=["reply", "replied_at"])
    record(
        Verb.REQUEST_REPLIED,
        actor=agent.actor,
        subject=rows.subject_of(approval),
        data={"question": str(question.pk), "message": Sealed(question.reply)},
    )
    rows.save(approval)
    if call is not None:
        idempotency.remember(call, approval)
    return Answer(approval)
