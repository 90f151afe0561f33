"""The HTTP API of agents: everything in API.md that they call."""

from approvals.api import acts, around, brakes, requests
from approvals.api.calls import THREADS, api

__all__ = ["THREADS", "acts", "api", "around", "brakes", "requests"]
