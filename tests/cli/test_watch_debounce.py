"""When ``hfops watch`` looks: the time is given, so nobody waits."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hfops.cli.watching.debounce import Batch, Pace, Pending
from hfops.cli.watching.events import Event
from hfops.model.address import Address

PACE = Pace(debounce=5, max_wait=60)


def event(name: str = "x", hub_id: str = "", action: str = "update") -> Event:
    """Something happened to acme's model of that name."""
    address = Address("Model", "acme", name)
    return Event(action, "repo", "model", address.id, (address,), hub_id)


def names(batch: Batch | None) -> list[str]:
    """The names in a batch."""
    assert batch is not None
    return [a.name for a in batch.addresses]


def test_a_burst_is_one_look() -> None:
    """Nothing is due while events keep coming; five quiet seconds later, all of them are one batch."""
    pending = Pending(PACE, 0)
    for second in range(4):
        pending.note(event(), second)
        assert pending.take(second) is None
    assert pending.next_at() == 8
    assert pending.take(7.9) is None
    batch = pending.take(8)
    assert batch == Batch((Address("Model", "acme", "x"),), frozenset(), event(), 4)
    assert (len(pending), pending.next_at(), pending.take(1000)) == (0, None, None)


def test_an_endless_burst_is_looked_at_in_time() -> None:
    """An address that is never quiet is due a minute after its first event."""
    pending = Pending(PACE, 0)
    for second in range(60):
        pending.note(event(), second)
        assert pending.take(second) is None
    assert pending.next_at() == 60
    assert names(pending.take(60)) == ["x"]


def test_each_address_has_its_own_time() -> None:
    """What goes on elsewhere delays nobody, and what is due together is one batch, in order."""
    pending = Pending(PACE, 0)
    pending.note(event("b"), 0)
    pending.note(event("a"), 0)
    pending.note(event("late"), 4)
    assert names(pending.take(5)) == ["a", "b"]
    assert names(pending.take(9)) == ["late"]


def test_addresses_are_one_without_case() -> None:
    """The Hub tells repositories apart without case, and so does the queue."""
    pending = Pending(PACE, 0)
    pending.note(event("x"), 0)
    pending.note(event("X"), 1)
    assert len(pending) == 1
    batch = pending.take(10)
    assert batch is not None
    assert batch.events == 2


def test_both_names_of_a_move() -> None:
    """One event of two addresses is looked at under both, with the Hub's id."""
    moved = Event(
        "move", "repo", "model", "acme/a",
        (Address("Model", "acme", "a"), Address("Model", "acme", "b")), "6" * 24,
    )  # fmt: skip
    pending = Pending(PACE, 0)
    pending.note(moved, 0)
    batch = pending.take(5)
    assert names(batch) == ["a", "b"]
    assert batch is not None
    assert batch.hub_ids == {"6" * 24}


def test_a_flood_is_one_look_at_everything() -> None:
    """More addresses than can be kept apart take no more room, and none of them is forgotten."""
    pending = Pending(PACE, 0, limit=10)
    for number in range(5000):
        pending.note(event(f"x{number}"), number / 1000)
        assert len(pending) <= 10
    assert pending.next_at() == 4.999 + 5
    batch = pending.take(10)
    assert batch is not None
    assert (batch.full, batch.events, batch.addresses) == (True, 5000, ())
    assert len(pending) == 0


def test_a_flood_is_looked_at_in_time() -> None:
    """The oldest event's minute counts, also when it went up in a flood."""
    pending = Pending(PACE, 0, limit=1)
    for second in range(60):
        pending.note(event(f"x{second}"), second)
    assert pending.next_at() == 60


def test_what_is_kept_apart_stays_so_in_a_flood() -> None:
    """An address that came after a flood, and was looked at by itself, is not part of it."""
    pending = Pending(PACE, 0, limit=1)
    pending.note(event("a"), 0)
    pending.note(event("b"), 0)
    assert len(pending) == 1
    flood = pending.take(5)
    assert flood is not None
    assert flood.full
    pending.note(event("c"), 6)
    assert names(pending.take(11)) == ["c"]


def test_every_so_often() -> None:
    """With ``every`` there is a look at everything at the start, and again so long after it ended."""
    pending = Pending(Pace(5, 60, every=3600), now=100)
    assert pending.next_at() == 100
    first = pending.take(100)
    assert first == Batch(full=True)
    assert pending.next_at() is None, "not before the running one has ended"
    pending.done(first, 160, failed=False)
    assert pending.next_at() == 3760
    pending.note(event(), 200)
    assert names(pending.take(205)) == ["x"]
    assert pending.take(3759) is None
    assert pending.take(3760) == Batch(full=True)


def test_what_failed_is_owed() -> None:
    """A look that failed comes again with the next, and not before."""
    pending = Pending(PACE, 0)
    pending.note(event("a", hub_id="6" * 24), 0)
    failed = pending.take(5)
    assert failed is not None
    pending.done(failed, 6, failed=True)
    assert (pending.take(1000), pending.next_at()) == (None, None)
    pending.note(event("b"), 2000)
    batch = pending.take(2005)
    assert names(batch) == ["a", "b"]
    assert batch is not None
    assert (batch.hub_ids, batch.events, batch.event) == ({"6" * 24}, 2, event("b"))
    pending.done(batch, 2006, failed=False)
    pending.note(event("c"), 3000)
    assert names(pending.take(3005)) == ["c"]


def test_what_failed_often_is_owed_once_and_for_all() -> None:
    """Failures pile up to a look at everything, not to an endless list."""
    pending = Pending(PACE, 0, limit=3)
    for number in range(10):
        pending.note(event(f"x{number}"), number * 100)
        batch = pending.take(number * 100 + 5)
        assert batch is not None
        pending.done(batch, number * 100 + 6, failed=True)
        assert len(batch.addresses) <= 4
    assert batch.full


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.floats(0, 20, allow_nan=False)), min_size=1, max_size=40),
    st.floats(0, 10),
    st.floats(0, 30),
)
def test_every_event_is_answered_in_time(
    steps: list[tuple[str, float]], debounce: float, max_wait: float
) -> None:
    """Whatever comes when: each event is in a batch taken after it, at the time that ``next_at`` told, within max_wait."""
    pending = Pending(Pace(debounce, max_wait), 0)
    now, waiting, answered = 0.0, dict[str, list[float]](), 0

    def take_until(time: float) -> None:
        nonlocal answered
        while (at := pending.next_at()) is not None and at <= time:
            batch = pending.take(at)
            for name in names(batch):
                times = waiting.pop(name)
                answered += len(times)
                assert at == min(times[-1] + debounce, times[0] + max_wait)

    for name, gap in steps:
        take_until(now + gap)
        now += gap
        pending.note(event(name), now)
        waiting.setdefault(name, []).append(now)
    take_until(float("inf"))
    assert (answered, waiting) == (len(steps), {})
