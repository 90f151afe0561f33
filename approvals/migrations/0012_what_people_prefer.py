"""How each person wants the pages."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [
        ("approvals", "0011_who_looks_and_what_was_alike"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RunSQL(
            "SET LOCAL lock_timeout = '5s'; SET LOCAL statement_timeout = '30s';",
            migrations.RunSQL.noop,
        ),
        migrations.CreateModel(
            name="Preferences",
            fields=[
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "theme",
                    models.CharField(
                        choices=[
                            ("system", "As the system has it"),
                            ("light", "Light"),
                            ("dark", "Dark"),
                        ],
                        default="system",
                        max_length=6,
                    ),
                ),
                (
                    "density",
                    models.CharField(
                        choices=[
                            ("comfortable", "Comfortable"),
                            ("compact", "Compact"),
                        ],
                        default="comfortable",
                        max_length=11,
                    ),
                ),
                ("single_keys", models.BooleanField(default=True)),
                (
                    "after_decision",
                    models.CharField(
                        choices=[
                            ("next", "Go on to the next request"),
                            ("stay", "Stay where I am"),
                        ],
                        default="next",
                        max_length=4,
                    ),
                ),
                (
                    "time_zone",
                    models.CharField(blank=True, default="", max_length=64),
                ),
            ],
            options={"verbose_name_plural": "preferences"},
        ),
        migrations.AddConstraint(
            model_name="preferences",
            constraint=models.CheckConstraint(
                condition=Q(theme__in=["system", "light", "dark"]),
                name="preferred_theme_is_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="preferences",
            constraint=models.CheckConstraint(
                condition=Q(density__in=["comfortable", "compact"]),
                name="preferred_density_is_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="preferences",
            constraint=models.CheckConstraint(
                condition=Q(after_decision__in=["next", "stay"]),
                name="preferred_place_after_a_decision_is_known",
            ),
        ),
    ]
