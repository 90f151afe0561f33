"""Edits, questions, grants, permits that are used up, and who is one human."""

import approvals.states
import datetime
import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.datetime
import uuid_utils.compat
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('agents', '0003_brakes'),
        ('approvals', '0002_policies_cannot_change'),
        ('auth', '0012_alter_user_first_name_max_length'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RunSQL(
            "SET LOCAL lock_timeout = '5s'; SET LOCAL statement_timeout = '5min';",
            migrations.RunSQL.noop,
        ),
        migrations.CreateModel(
            name='Grant',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('revision', models.PositiveIntegerField()),
                ('proposed_at', models.DateTimeField()),
                ('action', models.CharField(max_length=200)),
                ('environment', models.CharField(max_length=64, null=True)),
                ('resource', models.CharField(max_length=500, null=True)),
                ('subject', models.CharField(max_length=200, null=True)),
                ('conditions', models.JSONField()),
                ('tier', models.CharField(max_length=64)),
                ('tier_rank', models.PositiveSmallIntegerField()),
                ('max_uses', models.PositiveIntegerField()),
                ('lasts', models.DurationField()),
                ('sum_argument', models.CharField(blank=True, max_length=200)),
                ('max_sum', models.DecimalField(decimal_places=12, max_digits=40, null=True)),
                ('granted_at', models.DateTimeField(null=True)),
                ('granted_by', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=150), default=list, size=None)),
                ('expires_at', models.DateTimeField(null=True)),
                ('uses', models.PositiveIntegerField(default=0)),
                ('spent', models.DecimalField(decimal_places=12, default=0, max_digits=40)),
                ('revoked_at', models.DateTimeField(null=True)),
                ('revoked_by', models.CharField(blank=True, max_length=150)),
            ],
            options={
                'ordering': ('-id',),
            },
        ),
        migrations.CreateModel(
            name='LinkedAccount',
            fields=[
                ('account', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='+', serialize=False, to=settings.AUTH_USER_MODEL)),
                ('linked_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
        ),
        migrations.CreateModel(
            name='Outcome',
            fields=[
                ('approval', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='outcome', serialize=False, to='approvals.approvalrequest')),
                ('status', models.CharField(choices=[('succeeded', 'Succeeded'), ('failed', 'Failed')], max_length=9)),
                ('digest', models.CharField(max_length=71)),
                ('detail', models.TextField(blank=True)),
                ('reported_at', models.DateTimeField()),
                ('other_digest', models.BooleanField()),
                ('unredeemed', models.BooleanField()),
            ],
        ),
        migrations.CreateModel(
            name='Passkey',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=64)),
                ('credential_id', models.CharField(max_length=1400)),
                ('public_key', models.BinaryField()),
                ('sign_count', models.BigIntegerField(default=0)),
                ('transports', models.JSONField(default=list)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('last_used_at', models.DateTimeField(null=True)),
            ],
            options={
                'ordering': ('id',),
            },
        ),
        migrations.CreateModel(
            name='Question',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('text', models.TextField()),
                ('asked_at', models.DateTimeField()),
                ('reply', models.TextField(blank=True)),
                ('replied_at', models.DateTimeField(null=True)),
            ],
            options={
                'ordering': ('id',),
            },
        ),
        migrations.CreateModel(
            name='Revision',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField()),
                ('canonical', models.TextField()),
                ('digest', models.CharField(max_length=71)),
                ('tier', models.CharField(max_length=64)),
                ('findings', models.JSONField()),
                ('reasons', models.JSONField()),
                ('replaced_at', models.DateTimeField()),
            ],
            options={
                'ordering': ('number',),
            },
        ),
        migrations.RemoveConstraint(
            model_name='approvalrequest',
            name='decided_exactly_when_terminal',
        ),
        migrations.RemoveConstraint(
            model_name='vote',
            name='one_vote_per_person_and_revision',
        ),
        migrations.AddField(
            model_name='approvalrequest',
            name='assigned_to',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='approvalrequest',
            name='claimed_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='approvalrequest',
            name='claimed_until',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='approvalrequest',
            name='edited_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='approvalrequest',
            name='escalated_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='approvalrequest',
            name='escalates_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='approvalrequest',
            name='frozen_for',
            field=models.DurationField(default=datetime.timedelta(0)),
        ),
        migrations.AddField(
            model_name='approvalrequest',
            name='tier_floor',
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='permit',
            name='closed_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='permit',
            name='outcome_due_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='permit',
            name='overdue_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='permit',
            name='state',
            field=models.CharField(choices=[(approvals.states.PermitState['ISSUED'], 'issued'), (approvals.states.PermitState['REDEEMED'], 'redeemed'), (approvals.states.PermitState['REVOKED'], 'revoked'), (approvals.states.PermitState['LAPSED'], 'lapsed')], default=approvals.states.PermitState['ISSUED'], max_length=8),
        ),
        migrations.AddField(
            model_name='vote',
            name='assertion',
            field=models.JSONField(null=True),
        ),
        migrations.AddField(
            model_name='vote',
            name='nonce',
            field=models.CharField(max_length=64, null=True),
        ),
        migrations.AddField(
            model_name='vote',
            name='withdrawn_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AlterField(
            model_name='idempotentcall',
            name='approval',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='approvals.approvalrequest'),
        ),
        migrations.AddIndex(
            model_name='permit',
            index=models.Index(condition=models.Q(('state', approvals.states.PermitState['ISSUED'])), fields=['expires_at'], name='permit_unused'),
        ),
        migrations.AddIndex(
            model_name='permit',
            index=models.Index(condition=models.Q(('outcome_due_at__isnull', False), ('overdue_at', None)), fields=['outcome_due_at'], name='permit_outcome_due'),
        ),
        migrations.AddIndex(
            model_name='permit',
            index=models.Index(condition=models.Q(('state', approvals.states.PermitState['LAPSED'])), fields=['-closed_at'], name='permit_lapsed'),
        ),
        migrations.AddIndex(
            model_name='permit',
            index=models.Index(condition=models.Q(('overdue_at__isnull', False)), fields=['-overdue_at'], name='permit_overdue'),
        ),
        migrations.AddConstraint(
            model_name='permit',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('closed_at', None), ('state', approvals.states.PermitState['ISSUED'])), models.Q(models.Q(('state', approvals.states.PermitState['ISSUED']), _negated=True), ('closed_at__isnull', False)), _connector='OR'), name='permit_closed_unless_issued'),
        ),
        migrations.AddConstraint(
            model_name='permit',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', [approvals.states.PermitState['ISSUED'], approvals.states.PermitState['REDEEMED'], approvals.states.PermitState['REVOKED'], approvals.states.PermitState['LAPSED']])), name='permit_state_is_known'),
        ),
        migrations.AddConstraint(
            model_name='permit',
            constraint=models.CheckConstraint(condition=models.Q(('outcome_due_at', None), ('state', approvals.states.PermitState['REDEEMED']), _connector='OR'), name='outcome_due_only_after_redemption'),
        ),
        migrations.AddField(
            model_name='grant',
            name='agent',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='grants', to='agents.agent'),
        ),
        migrations.AddField(
            model_name='grant',
            name='origin',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='proposed_grants', to='approvals.approvalrequest'),
        ),
        migrations.AddField(
            model_name='grant',
            name='proposed_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='approvalrequest',
            name='grant',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='used_by', to='approvals.grant'),
        ),
        migrations.AddField(
            model_name='vote',
            name='grant',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='votes', to='approvals.grant'),
        ),
        migrations.AddIndex(
            model_name='approvalrequest',
            index=models.Index(condition=models.Q(('escalated_at', None), ('escalates_at__isnull', False), ('state', approvals.states.State['PENDING'])), fields=['escalates_at'], name='request_escalation'),
        ),
        migrations.AddIndex(
            model_name='approvalrequest',
            index=models.Index(condition=models.Q(('state', approvals.states.State['DENIED'])), fields=['agent', 'decided_at'], name='request_denials'),
        ),
        migrations.AddIndex(
            model_name='approvalrequest',
            index=models.Index(fields=['agent', 'action', '-id'], name='request_by_action'),
        ),
        migrations.AddConstraint(
            model_name='approvalrequest',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('decided_at', None), ('decision_source', ''), ('state', approvals.states.State['PENDING'])), models.Q(('decided_at__isnull', False), ('decision_source__in', [approvals.states.Source['REVIEWER'], approvals.states.Source['POLICY'], approvals.states.Source['GRANT'], approvals.states.Source['BRAKE'], approvals.states.Source['TIMEOUT'], approvals.states.Source['AGENT']]), ('state__in', [approvals.states.State['APPROVED'], approvals.states.State['DENIED'], approvals.states.State['EXPIRED'], approvals.states.State['CANCELLED']])), _connector='OR'), name='decided_exactly_when_terminal'),
        ),
        migrations.AddConstraint(
            model_name='vote',
            constraint=models.UniqueConstraint(condition=models.Q(('withdrawn_at', None)), fields=('approval', 'voter', 'revision'), name='one_vote_per_person_and_revision'),
        ),
        migrations.AddConstraint(
            model_name='vote',
            constraint=models.UniqueConstraint(fields=('nonce',), name='assertion_counts_once'),
        ),
        migrations.AddField(
            model_name='linkedaccount',
            name='human',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddIndex(
            model_name='outcome',
            index=models.Index(condition=models.Q(('other_digest', True)), fields=['-reported_at'], name='outcome_other_digest'),
        ),
        migrations.AddIndex(
            model_name='outcome',
            index=models.Index(condition=models.Q(('unredeemed', True)), fields=['-reported_at'], name='outcome_unredeemed'),
        ),
        migrations.AddConstraint(
            model_name='outcome',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ('succeeded', 'failed'))), name='outcome_is_known'),
        ),
        migrations.AddField(
            model_name='passkey',
            name='user',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='passkeys', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='question',
            name='approval',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='questions', to='approvals.approvalrequest'),
        ),
        migrations.AddField(
            model_name='question',
            name='asked_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='revision',
            name='approval',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='revisions', to='approvals.approvalrequest'),
        ),
        migrations.AddField(
            model_name='revision',
            name='edited_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='revision',
            name='policy',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='approvals.policy'),
        ),
        migrations.AddIndex(
            model_name='grant',
            index=models.Index(condition=models.Q(('granted_at__isnull', False), ('revoked_at', None)), fields=['agent', 'action'], name='grant_in_force'),
        ),
        migrations.AddIndex(
            model_name='grant',
            index=models.Index(models.OrderBy(models.F('granted_at'), descending=True), condition=models.Q(('granted_at__isnull', False)), name='grant_granted'),
        ),
        migrations.AddConstraint(
            model_name='grant',
            constraint=models.CheckConstraint(condition=models.Q(('uses__lte', models.F('max_uses'))), name='grant_uses_are_limited'),
        ),
        migrations.AddConstraint(
            model_name='grant',
            constraint=models.CheckConstraint(condition=models.Q(('max_sum', None), models.Q(('spent__gte', 0), ('spent__lte', models.F('max_sum'))), _connector='OR'), name='grant_sum_is_limited'),
        ),
        migrations.AddConstraint(
            model_name='grant',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('max_sum', None), ('sum_argument', '')), models.Q(('max_sum__isnull', False), models.Q(('sum_argument', ''), _negated=True)), _connector='OR'), name='grant_sum_names_its_argument'),
        ),
        migrations.AddConstraint(
            model_name='grant',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('expires_at', None), ('granted_at', None), ('uses', 0)), models.Q(('expires_at__isnull', False), ('granted_at__isnull', False)), _connector='OR'), name='grant_expires_once_granted'),
        ),
        migrations.AddConstraint(
            model_name='linkedaccount',
            constraint=models.CheckConstraint(condition=models.Q(('account', models.F('human')), _negated=True), name='account_is_linked_to_another'),
        ),
        migrations.AddConstraint(
            model_name='passkey',
            constraint=models.UniqueConstraint(fields=('credential_id',), name='passkey_belongs_to_one_account'),
        ),
        migrations.AddConstraint(
            model_name='question',
            constraint=models.UniqueConstraint(condition=models.Q(('replied_at', None)), fields=('approval',), name='one_open_question_per_request'),
        ),
        migrations.AddConstraint(
            model_name='revision',
            constraint=models.UniqueConstraint(fields=('approval', 'number'), name='revisions_are_numbered'),
        ),
        # What was asked before is in its first revision.
        migrations.RunSQL(
            "UPDATE approvals_approvalrequest SET tier_floor = tier_rank",
            migrations.RunSQL.noop,
        ),
    ]
