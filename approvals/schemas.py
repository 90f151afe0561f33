"""The shapes of API.md, for validation and for OpenAPI."""

from datetime import datetime
from typing import Annotated, Any, Literal

from ninja import Schema
from pydantic import AfterValidator, ConfigDict, Field, JsonValue


def _without_nul(text: str) -> str:
    if "\x00" in text:
        raise ValueError("U+0000 cannot be stored here")
    return text


Text = Annotated[str, AfterValidator(_without_nul)]


class _Strict(Schema):
    """Nothing unknown, nothing converted: what is not exactly right is refused."""

    model_config = ConfigDict(extra="forbid", strict=True, str_max_length=None)


class Evidence(_Strict):
    kind: Literal["text", "diff", "sql", "shell", "json", "terraform_plan", "url"]
    title: Annotated[Text, Field(max_length=120)]
    content: Annotated[Text, Field(max_length=65_536)]


MetadataName = Annotated[Text, Field(max_length=200)]
MetadataValue = Annotated[Text, Field(max_length=500)]


class Submit(_Strict):
    """What an agent asks for (API.md, Submit)."""

    action: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.:/-]{1,200}$")]
    arguments: dict[str, JsonValue]
    environment: Annotated[Text, Field(max_length=64)] | None = None
    resource: Annotated[Text, Field(max_length=500)] | None = None
    subject: Annotated[Text, Field(max_length=200)] | None = None
    summary: Annotated[Text, Field(max_length=280)] | None = None
    justification: Annotated[Text, Field(max_length=4000)] | None = None
    session: Annotated[Text, Field(max_length=200)] | None = None
    evidence: Annotated[list[Evidence], Field(max_length=20)] = []
    expires_in: Annotated[int, Field(ge=1, le=604_800)] | None = None
    metadata: Annotated[dict[MetadataName, MetadataValue], Field(max_length=20)] = {}


class Cancel(_Strict):
    reason: Annotated[Text, Field(max_length=4000)] | None = None


Digest = Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$")]


Id = Annotated[str, Field(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]


class Reply(_Strict):
    question: Id
    message: Annotated[Text, Field(min_length=1, max_length=4000)]


class Redeem(_Strict):
    digest: Digest


class Outcome(_Strict):
    status: Literal["succeeded", "failed"]
    digest: Digest
    detail: Annotated[Text, Field(max_length=4000)] | None = None


class Stop(_Strict):
    reason: Annotated[Text, Field(min_length=1, max_length=4000)]


class Requirement(Schema):
    group: str
    count: int


class Votes(Schema):
    approvals: int
    denials: int
    required: list[Requirement]


class Decision(Schema):
    verdict: Literal["approved", "denied"]
    source: Literal["reviewer", "policy", "grant", "brake", "timeout", "agent"]
    message: str | None
    reason_code: str | None
    decided_by: list[str]
    edited: bool


class PermitOut(Schema):
    token: str
    state: Literal["issued", "redeemed", "revoked", "lapsed"]
    expires_at: datetime


class QuestionOut(Schema):
    id: str
    text: str
    asked_at: datetime


class OutcomeOut(Schema):
    status: Literal["succeeded", "failed", "overdue"]
    digest: str | None
    detail: str | None
    reported_at: datetime | None


class BrakeScope(Schema):
    """One brake in force."""

    id: str
    scope: Literal[
        "everything", "environment", "agent", "session", "action", "resource", "tier"
    ]
    value: str
    agent: str | None = None
    mode: Literal["hold", "deny"]
    reason: str
    engaged_at: datetime
    released_at: datetime | None


class BrakeOut(Schema):
    """The brakes that stop a request now."""

    mode: Literal["hold", "deny"]
    scopes: list[BrakeScope]


class BrakeState(Schema):
    """The brakes that can stop something of this agent."""

    engaged: bool
    mode: Literal["hold", "deny"] | None
    scopes: list[BrakeScope]


class Request(Schema):
    """The request resource (API.md)."""

    id: str
    url: str
    agent: str
    state: Literal["pending", "approved", "denied", "expired", "cancelled"]
    action: str
    arguments: dict[str, Any]
    environment: str | None
    resource: str | None
    subject: str | None
    summary: str | None
    justification: str | None
    session: str | None
    metadata: dict[str, str]
    revision: int
    digest: str
    tier: str
    route: Literal["auto", "review", "block"]
    policy_version: int
    reasons: list[str]
    votes: Votes
    created_at: datetime
    expires_at: datetime
    decided_at: datetime | None
    erased_at: datetime | None
    decision: Decision | None
    question: QuestionOut | None
    permit: PermitOut | None
    outcome: OutcomeOut | None
    brake: BrakeOut | None


class RequestPage(Schema):
    items: list[Request]
    next: str | None


class ProblemError(Schema):
    pointer: str
    message: str


class ProblemDetails(Schema):
    """RFC 9457 problem details."""

    type: str
    title: str
    status: int
    detail: str
    request_id: str
    errors: list[ProblemError] = []


class Health(Schema):
    status: Literal["ok"]


class JsonWebKeySet(Schema):
    keys: list[dict[str, Any]]
