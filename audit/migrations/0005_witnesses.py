"""What keeps a witness from cosigning; what each cosigned last is found at once."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("audit", "0004_tree_grows_and_payloads_can_be_erased")]

    operations = [
        migrations.RunSQL(
            "SET LOCAL lock_timeout = '5s'; SET LOCAL statement_timeout = '300s';",
            migrations.RunSQL.noop,
        ),
        migrations.CreateModel(
            name="WitnessTrouble",
            fields=[
                (
                    "witness",
                    models.CharField(max_length=200, primary_key=True, serialize=False),
                ),
                ("disagrees", models.BooleanField(default=False)),
                ("message", models.TextField()),
                ("since", models.DateTimeField()),
                ("failures", models.PositiveIntegerField(default=0)),
                ("next_try", models.DateTimeField()),
                ("warned_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.AddIndex(
            model_name="cosignature",
            index=models.Index(
                fields=["witness", "-checkpoint"], name="cosigned_by_witness"
            ),
        ),
    ]
