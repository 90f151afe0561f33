from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from agents import ratelimit, registry
from agents.models import RateWindow
from agents.ratelimit import Allowance
from audit.log import SYSTEM


@pytest.fixture(autouse=True)
def _limit(settings):
    settings.RATE_LIMIT_PER_MINUTE = 3


def open_window(agent):
    """A window that does not end during a test: the next minute's, begun early."""
    ratelimit.take(agent.pk)
    start = RateWindow.objects.get().start
    RateWindow.objects.update(start=start + 60, used=0)


def test_counts_down_and_refuses_what_is_above_the_limit(agent):
    open_window(agent)
    taken = [ratelimit.take(agent.pk) for _ in range(5)]
    assert [one.remaining for one in taken] == [2, 1, 0, 0, 0]
    assert [one.allowed for one in taken] == [True, True, True, False, False]


def test_a_window_is_a_minute_of_the_database_s_clock(agent):
    allowance = ratelimit.take(agent.pk)
    assert RateWindow.objects.get().start % 60 == 0
    assert 1 <= allowance.resets_in <= 60


def test_takes_one_statement(agent, django_assert_num_queries):
    open_window(agent)
    with django_assert_num_queries(1):
        allowance = ratelimit.take(agent.pk)
    assert (allowance.allowed, allowance.remaining) == (True, 2)


def test_agents_do_not_share_a_window(agent):
    other = registry.register_agent("other", actor=SYSTEM).agent
    for _ in range(4):
        ratelimit.take(agent.pk)
    assert ratelimit.take(other.pk).remaining == 2


def test_a_new_minute_starts_anew(agent):
    ratelimit.take(agent.pk)
    start = RateWindow.objects.get().start
    RateWindow.objects.update(start=start - 60, used=100)
    assert ratelimit.take(agent.pk).allowed
    assert RateWindow.objects.get().used == 1


def test_who_waited_over_the_turn_of_a_minute_counts_in_the_new_one(agent):
    ratelimit.take(agent.pk)
    start = RateWindow.objects.get().start
    RateWindow.objects.update(start=start + 60, used=100)
    assert not ratelimit.take(agent.pk).allowed
    window = RateWindow.objects.get()
    assert (window.start, window.used) == (start + 60, 101)


def test_a_window_far_ahead_after_the_clock_was_set_back_is_forgotten(agent):
    ratelimit.take(agent.pk)
    start = RateWindow.objects.get().start
    RateWindow.objects.update(start=start + 86400, used=100)
    assert ratelimit.take(agent.pk).allowed


def test_headers_say_what_is_left():
    allowance = Allowance(limit=6000, remaining=7, resets_in=12, allowed=True)
    assert allowance.headers() == {
        "RateLimit": '"default";r=7;t=12',
        "RateLimit-Policy": '"default";q=6000;w=60',
    }


def test_a_refusal_says_when_to_come_back():
    refused = Allowance(limit=1, remaining=0, resets_in=12, allowed=False)
    assert refused.headers()["Retry-After"] == "12"


@pytest.mark.django_db(transaction=True)
def test_no_request_at_once_goes_uncounted(settings):
    settings.RATE_LIMIT_PER_MINUTE = 1000
    agent = registry.register_agent("deploy-bot", actor=SYSTEM).agent
    open_window(agent)

    def take_ten(_):
        try:
            return [ratelimit.take(agent.pk).remaining for _ in range(10)]
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        remaining = [one for ten in pool.map(take_ten, range(4)) for one in ten]
    assert sorted(remaining) == list(range(960, 1000))


def test_the_table_is_not_logged(db):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relpersistence FROM pg_class WHERE relname = 'agents_ratewindow'"
        )
        assert cursor.fetchone() == ("u",)
