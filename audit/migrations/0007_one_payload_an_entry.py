"""What one entry commits to is one row; payloads and keys are found by their subject.

Five rows with two indexes each were a fifth of what a request costs.
"""

import django.contrib.postgres.fields
from django.db import migrations, models

FORWARD = """
SET LOCAL lock_timeout = '5s';
SET LOCAL statement_timeout = '300s';

ALTER TABLE audit_subjectkey
    DROP CONSTRAINT audit_subjectkey_pkey,
    DROP CONSTRAINT one_key_per_subject,
    DROP COLUMN id,
    ADD CONSTRAINT audit_subjectkey_pkey PRIMARY KEY (subject_type, subject_id);

ALTER TABLE audit_payload RENAME TO audit_payload_before;
ALTER TABLE audit_payload_before RENAME CONSTRAINT audit_payload_pkey
    TO audit_payload_before_pkey;
CREATE TABLE audit_payload (
    subject_type varchar(32) NOT NULL,
    subject_id varchar(64) NOT NULL,
    entry_id uuid NOT NULL,
    members text[] NOT NULL,
    contents text[] NOT NULL,
    CONSTRAINT audit_payload_pkey PRIMARY KEY (subject_type, subject_id, entry_id),
    CONSTRAINT payload_has_a_content_for_each_member CHECK (
        cardinality(members) = cardinality(contents) AND cardinality(members) > 0
    )
);
INSERT INTO audit_payload
SELECT entry.subject_type, entry.subject_id, entry.id,
    array_agg(member ORDER BY member), array_agg(content ORDER BY member)
FROM audit_entry AS entry
CROSS JOIN LATERAL jsonb_each(entry.data) AS sealed (member, value)
JOIN audit_payload_before AS payload
    ON payload.subject_type = entry.subject_type
    AND payload.subject_id = entry.subject_id
    AND payload.commitment = sealed.value ->> 'sealed'
WHERE jsonb_typeof(sealed.value) = 'object'
GROUP BY entry.id;
DROP TABLE audit_payload_before;

CREATE TRIGGER payload_is_kept BEFORE UPDATE OR DELETE ON audit_payload
    FOR EACH ROW EXECUTE FUNCTION audit_refuse_unless_erasing();
CREATE TRIGGER payload_is_not_emptied BEFORE TRUNCATE ON audit_payload
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();
ALTER TABLE audit_payload ENABLE ALWAYS TRIGGER payload_is_kept;
ALTER TABLE audit_payload ENABLE ALWAYS TRIGGER payload_is_not_emptied;
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0006_entries_are_found_by_actor_and_by_request")]

    operations = [
        migrations.SeparateDatabaseAndState(
            # No way back: equal contents are no longer told from the same one.
            database_operations=[migrations.RunSQL(FORWARD)],
            state_operations=[
                migrations.DeleteModel("SubjectKey"),
                migrations.DeleteModel("Payload"),
                migrations.CreateModel(
                    name="SubjectKey",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "subject_type",
                                "subject_id",
                                blank=True,
                                editable=False,
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        ("subject_type", models.CharField(max_length=32)),
                        ("subject_id", models.CharField(max_length=64)),
                        ("secret", models.BinaryField(max_length=32)),
                    ],
                ),
                migrations.CreateModel(
                    name="Payload",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "subject_type",
                                "subject_id",
                                "entry_id",
                                blank=True,
                                editable=False,
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        ("subject_type", models.CharField(max_length=32)),
                        ("subject_id", models.CharField(max_length=64)),
                        ("entry_id", models.UUIDField()),
                        (
                            "members",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.TextField(), size=None
                            ),
                        ),
                        (
                            "contents",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.TextField(), size=None
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("members__len", models.F("contents__len")),
                                    ("members__len__gt", 0),
                                ),
                                name="payload_has_a_content_for_each_member",
                            )
                        ],
                    },
                ),
            ],
        ),
        migrations.RunSQL("""
CREATE OR REPLACE FUNCTION audit_erase(of_type text, of_id text) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    newest text;
    erased bigint;
BEGIN
    SELECT action INTO newest FROM audit_entry
        WHERE subject_type = of_type AND subject_id = of_id
        AND action IN ('hold:placed', 'hold:lifted')
        ORDER BY id DESC LIMIT 1;
    IF newest = 'hold:placed' THEN
        RAISE EXCEPTION '% % is under a legal hold', of_type, of_id
            USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    PERFORM set_config('audit.erasing', 'on', true);
    DELETE FROM audit_subjectkey WHERE subject_type = of_type AND subject_id = of_id;
    WITH gone AS (
        DELETE FROM audit_payload
        WHERE subject_type = of_type AND subject_id = of_id
        RETURNING cardinality(members) AS number
    )
    SELECT coalesce(sum(number), 0) INTO erased FROM gone;
    PERFORM set_config('audit.erasing', 'off', true);
    RETURN erased;
END
$$;
-- Replacing a function forgets its setting; see 0004 for what it is for.
DO $$
BEGIN
    EXECUTE format(
        'ALTER FUNCTION audit_erase(text, text) SET search_path = %I, pg_temp',
        current_schema()
    );
END $$;
"""),
    ]
