"""How long a server that was told to stop goes on listening."""

from time import sleep

from app.web.server import PROBES, Drain


def test_where_no_load_balancer_looks_it_listens_no_longer_than_it_must() -> None:
    drain = Drain(grace=0.0, seconds=60.0)
    drain.begin()
    assert drain.has_been_seen


def test_where_one_looks_it_waits_until_that_was_told() -> None:
    drain = Drain(grace=0.0, seconds=60.0)
    drain.note_probe()
    drain.begin()
    for _ in range(PROBES):
        assert not drain.has_been_seen
        drain.note_probe()
    assert drain.has_been_seen


def test_one_that_looks_no_more_is_waited_for_half_of_the_time() -> None:
    drain = Drain(grace=0.0, seconds=0.2)
    drain.note_probe()
    drain.begin()
    assert not drain.has_been_seen
    sleep(0.1)
    assert drain.has_been_seen
    assert 0.0 < drain.left < 0.15


def test_the_grace_is_never_more_than_half_of_the_time() -> None:
    assert Drain(grace=1.0, seconds=1.0).grace == 0.5
