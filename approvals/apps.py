from django.apps import AppConfig


class ApprovalsConfig(AppConfig):
    name = "approvals"

    def ready(self) -> None:
        from approvals import audit_projection
        from audit import projections

        projections.register("requests", "request", audit_projection.rows)
