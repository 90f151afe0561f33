"""The emergency stop."""

import django.db.models.deletion
import uuid_utils.compat
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('agents', '0002_rate_windows_are_unlogged'),
    ]

    operations = [
        migrations.RunSQL(
            "SET LOCAL lock_timeout = '5s'; SET LOCAL statement_timeout = '30s';",
            migrations.RunSQL.noop,
        ),
        migrations.CreateModel(
            name='Brake',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('scope', models.CharField(choices=[('everything', 'Everything'), ('environment', 'Environment'), ('agent', 'Agent'), ('session', 'Session'), ('action', 'Action'), ('resource', 'Resource'), ('tier', 'Tier')], max_length=11)),
                ('value', models.CharField(blank=True, max_length=500)),
                ('agent', models.CharField(blank=True, max_length=63)),
                ('mode', models.CharField(choices=[('hold', 'Hold'), ('deny', 'Deny')], max_length=4)),
                ('reason', models.TextField()),
                ('trip_wire', models.CharField(blank=True, max_length=64)),
                ('engaged_at', models.DateTimeField()),
                ('engaged_by_type', models.CharField(max_length=16)),
                ('engaged_by_id', models.CharField(max_length=64)),
                ('engaged_by_name', models.CharField(max_length=150)),
                ('released_at', models.DateTimeField(null=True)),
            ],
            options={
                'ordering': ('-id',),
                'permissions': (('release_brake', 'Can agree to release a brake'),),
                'indexes': [models.Index(condition=models.Q(('released_at', None)), fields=['engaged_at'], name='brake_in_force'), models.Index(fields=['released_at'], name='brake_released')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('released_at', None)), fields=('scope', 'value', 'agent', 'mode'), name='one_brake_in_force_per_scope'), models.CheckConstraint(condition=models.Q(('scope__in', ('everything', 'environment', 'agent', 'session', 'action', 'resource', 'tier'))), name='brake_scope_is_known'), models.CheckConstraint(condition=models.Q(('mode__in', ('hold', 'deny'))), name='brake_mode_is_known'), models.CheckConstraint(condition=models.Q(models.Q(('scope', 'everything'), ('value', '')), models.Q(models.Q(('scope', 'everything'), _negated=True), models.Q(('value', ''), _negated=True)), _connector='OR'), name='brake_names_what_it_stops'), models.CheckConstraint(condition=models.Q(('released_at', None), ('released_at__gte', models.F('engaged_at')), _connector='OR'), name='brake_released_after_engaged')],
            },
        ),
        migrations.CreateModel(
            name='BrakeRelease',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('human', models.CharField(max_length=64)),
                ('name', models.CharField(max_length=150)),
                ('reason', models.TextField()),
                ('at', models.DateTimeField()),
                ('brake', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='releases', to='agents.brake')),
            ],
            options={
                'ordering': ('id',),
                'constraints': [models.UniqueConstraint(fields=('brake', 'human'), name='one_release_per_human')],
            },
        ),
    ]
