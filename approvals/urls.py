"""Addresses of the pages of people who decide."""

from django.urls import path

from approvals import (
    acting_views,
    backtest_views,
    brake_views,
    grant_proposal_views,
    grant_views,
    me_views,
    people_views,
    policy_bench_views,
    policy_draft_views,
    policy_views,
    reconciliation_views,
    views,
)

app_name = "approvals"
urlpatterns = [
    path("", views.show_queue, name="queue"),
    path("waiting", views.show_waiting, name="waiting"),
    path("history", views.show_history, name="history"),
    path("r/<uuid:approval_id>", views.show_request, name="request"),
    path("r/<uuid:approval_id>/row", views.show_row, name="row"),
    path("r/<uuid:approval_id>/looking", views.show_looking, name="looking"),
    path("r/<uuid:approval_id>/viewed", views.note_view, name="note_view"),
    path("r/<uuid:approval_id>/vote", views.vote, name="vote"),
    path("r/<uuid:approval_id>/withdraw", acting_views.withdraw, name="withdraw"),
    path("r/<uuid:approval_id>/edit", acting_views.edit, name="edit"),
    path("r/<uuid:approval_id>/ask", acting_views.ask, name="ask"),
    path("r/<uuid:approval_id>/claim", acting_views.claim, name="claim"),
    path("r/<uuid:approval_id>/assign", acting_views.assign, name="assign"),
    path("r/<uuid:approval_id>/take-back", acting_views.take_back, name="take_back"),
    path("brake", brake_views.show_brake, name="brake"),
    path("brake/hold", brake_views.hold_everything, name="hold_everything"),
    path("brake/banner", brake_views.show_banner, name="brake_banner"),
    path(
        "brake/<uuid:brake_id>/release", brake_views.release_brake, name="release_brake"
    ),
    path("r/<uuid:approval_id>/grant", grant_proposal_views.propose, name="grant"),
    path("grants", grant_views.show_grants, name="grants"),
    path("grants/<uuid:grant_id>", grant_views.show_grant, name="grant_given"),
    path("grants/<uuid:grant_id>/revoke", grant_views.revoke, name="revoke_grant"),
    path(
        "reconciliation",
        reconciliation_views.show_reconciliation,
        name="reconciliation",
    ),
    path("policies", policy_views.show_policies, name="policies"),
    path("policies/<int:version>", policy_views.show_version, name="policy_version"),
    path(
        "policies/<int:version>/roll-back",
        policy_views.roll_back,
        name="roll_back_policy",
    ),
    path("policies/draft", policy_draft_views.show_draft, name="policy_draft"),
    path("policies/draft/begin", policy_draft_views.begin, name="begin_policy_draft"),
    path("policies/draft/check", policy_draft_views.check, name="check_policy_draft"),
    path(
        "policies/draft/discard",
        policy_draft_views.discard,
        name="discard_policy_draft",
    ),
    path("policies/backtest", backtest_views.show_backtests, name="backtests"),
    path(
        "policies/backtest/<uuid:backtest_id>",
        backtest_views.show_backtest,
        name="backtest",
    ),
    path(
        "policies/backtest/<uuid:backtest_id>/stop",
        backtest_views.stop,
        name="stop_backtest",
    ),
    path("policies/publish", policy_views.publish, name="publish_policy"),
    path("policies/try", policy_bench_views.try_request, name="try_policy"),
    path(
        "policies/try/requests",
        policy_bench_views.find_requests,
        name="try_policy_requests",
    ),
    path(
        "policies/proposals/<uuid:proposal_id>",
        policy_views.show_proposal,
        name="policy_proposal",
    ),
    path(
        "policies/proposals/<uuid:proposal_id>/confirm",
        policy_views.decide_proposal,
        {"confirms": True},
        name="confirm_policy",
    ),
    path(
        "policies/proposals/<uuid:proposal_id>/refuse",
        policy_views.decide_proposal,
        {"confirms": False},
        name="refuse_policy",
    ),
    path("me", me_views.show_me, name="me"),
    path("me/passkeys", me_views.add_passkey, name="add_passkey"),
    path("me/passkeys/begin", me_views.begin_passkey, name="begin_passkey"),
    path(
        "me/passkeys/<int:passkey_id>/remove",
        me_views.remove_passkey,
        name="remove_passkey",
    ),
    path("people", people_views.show_people, name="people"),
    path("people/link", people_views.link, name="link"),
    path("people/<int:user_id>/unlink", people_views.unlink, name="unlink"),
]
