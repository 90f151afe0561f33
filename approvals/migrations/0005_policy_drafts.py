"""Drafts of policies, proposals for a second person, and who confirmed a version."""

import django.db.models.deletion
import uuid_utils.compat
from django.conf import settings
from django.db import migrations, models
from django.db.models import F, Q

PEOPLE = settings.AUTH_USER_MODEL
PROTECT = django.db.models.deletion.PROTECT


class Migration(migrations.Migration):
    dependencies = [
        ("approvals", "0004_sliding_windows"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RunSQL(
            "SET LOCAL lock_timeout = '5s'; SET LOCAL statement_timeout = '30s';",
            migrations.RunSQL.noop,
        ),
        migrations.AlterModelOptions(
            name="policy",
            options={
                "ordering": ("-version",),
                "permissions": (("publish_policy", "Can write and publish policies"),),
                "verbose_name_plural": "policies",
            },
        ),
        migrations.AddField(
            model_name="policy",
            name="confirmation",
            field=models.TextField(blank=True, default=""),
        ),
        migrations.AddField(
            model_name="policy",
            name="confirmed_by",
            field=models.ForeignKey(
                blank=True, null=True, on_delete=PROTECT, related_name="+", to=PEOPLE
            ),
        ),
        migrations.AddConstraint(
            model_name="policy",
            constraint=models.CheckConstraint(
                condition=~Q(confirmed_by=F("published_by")),
                name="policy_is_confirmed_by_another",
            ),
        ),
        migrations.CreateModel(
            name="PolicyDraft",
            fields=[
                (
                    "owner",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to=PEOPLE,
                    ),
                ),
                ("source", models.TextField(blank=True)),
                (
                    "based_on",
                    models.ForeignKey(
                        on_delete=PROTECT, related_name="+", to="approvals.policy"
                    ),
                ),
                ("edition", models.UUIDField(default=uuid_utils.compat.uuid7)),
                ("updated_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="PolicyProposal",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid_utils.compat.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("source", models.TextField()),
                ("digest", models.CharField(max_length=71)),
                (
                    "based_on",
                    models.ForeignKey(
                        on_delete=PROTECT, related_name="+", to="approvals.policy"
                    ),
                ),
                (
                    "proposed_by",
                    models.ForeignKey(on_delete=PROTECT, related_name="+", to=PEOPLE),
                ),
                ("proposed_at", models.DateTimeField()),
                ("reason", models.TextField()),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[("confirmed", "Confirmed"), ("refused", "Refused")],
                        max_length=9,
                    ),
                ),
                ("decided_at", models.DateTimeField(null=True)),
                (
                    "decided_by",
                    models.ForeignKey(
                        null=True, on_delete=PROTECT, related_name="+", to=PEOPLE
                    ),
                ),
                ("decision_reason", models.TextField(blank=True)),
                (
                    "published",
                    models.OneToOneField(
                        null=True,
                        on_delete=PROTECT,
                        related_name="proposal",
                        to="approvals.policy",
                    ),
                ),
            ],
            options={"ordering": ("-id",)},
        ),
        migrations.AddConstraint(
            model_name="policyproposal",
            constraint=models.UniqueConstraint(
                condition=Q(outcome=""),
                fields=("proposed_by",),
                name="one_open_proposal_each",
            ),
        ),
        migrations.AddConstraint(
            model_name="policyproposal",
            constraint=models.CheckConstraint(
                condition=~Q(outcome="confirmed", decided_by=F("proposed_by")),
                name="proposal_is_confirmed_by_another",
            ),
        ),
        migrations.AddConstraint(
            model_name="policyproposal",
            constraint=models.CheckConstraint(
                condition=Q(
                    outcome="", decided_at=None, decided_by=None, published=None
                )
                | Q(
                    outcome="refused",
                    decided_at__isnull=False,
                    decided_by__isnull=False,
                    published=None,
                )
                | Q(
                    outcome="confirmed",
                    decided_at__isnull=False,
                    decided_by__isnull=False,
                    published__isnull=False,
                ),
                name="proposal_is_decided_as_a_whole",
            ),
        ),
    ]
