"""Around it: keys to verify permits with, and whether all is well."""

from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse

from approvals import heartbeat, permits, schemas
from approvals.api.calls import answer, api, in_thread, problems
from approvals.problems import Problem


@api.get(
    "/.well-known/jwks.json",
    response={200: schemas.JsonWebKeySet},
    operation_id="jwks",
    summary="The public keys that permits verify with",
)
async def jwks(request: HttpRequest) -> HttpResponse:
    response = answer(request, 200, permits.jwks(permits.load_key(settings.PERMIT_KEY)))
    response["Cache-Control"] = "public, max-age=300"
    return response


@api.get(
    "/healthz",
    response={200: schemas.Health},
    operation_id="healthz",
    summary="The process answers",
)
async def healthz(request: HttpRequest) -> HttpResponse:
    return answer(request, 200, {"status": "ok"})


@api.get(
    "/readyz",
    response={200: schemas.Health, **problems(503)},
    operation_id="readyz",
    summary="Database, migrations and sweeper are as they should be",
)
async def readyz(request: HttpRequest) -> HttpResponse:
    failing = await in_thread(_failing_parts)()
    if failing:
        raise Problem(
            503,
            "unavailable",
            f"Not ready: {', '.join(failing)}.",
            errors=[
                {"pointer": f"/{part}", "message": why} for part, why in failing.items()
            ],
        )
    return answer(request, 200, {"status": "ok"})


def _failing_parts() -> dict[str, str]:
    """What keeps us from being ready, by part; empty when nothing does."""
    try:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            return {"migrations": "migrations have not been applied"}
        if not heartbeat.is_alive():
            return {"sweeper": "the sweeper was not seen within 30 seconds"}
    except Exception:
        return {"database": "the database does not answer"}
    return {}
