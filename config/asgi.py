"""The ASGI application: agents' calls, people's pages and sockets, apart."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

import django

django.setup(set_prefix=False)

from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from django.core.handlers.asgi import ASGIHandler

from approvals.routing import websocket_urlpatterns
from config.handlers import AgentHandler, PageHandler

AGENT_PATHS = ("/api/v1/", "/webhooks/", "/.well-known/", "/healthz", "/readyz")


class ByPath:
    """Sends an HTTP request to the handler for agents or to the one for people."""

    def __init__(self, *, agents: ASGIHandler, people: ASGIHandler) -> None:
        self._agents = agents
        self._people = people

    async def __call__(self, scope, receive, send) -> None:  # type: ignore[no-untyped-def]
        is_agents = scope["path"].startswith(AGENT_PATHS)
        handler = self._agents if is_agents else self._people
        await handler(scope, receive, send)


application = ProtocolTypeRouter(
    {
        "http": ByPath(agents=AgentHandler(), people=PageHandler()),
        "websocket": AllowedHostsOriginValidator(
            AuthMiddlewareStack(URLRouter(websocket_urlpatterns))
        ),
    }
)
