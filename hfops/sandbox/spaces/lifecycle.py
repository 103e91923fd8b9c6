"""What happens to a Space when something happens to its repository."""

from __future__ import annotations

from hfops.sandbox.git import HEADS
from hfops.sandbox.repos import MAIN, Kind
from hfops.sandbox.spaces.machine import Space, space_of
from hfops.sandbox.spaces.seeding import seed_space
from hfops.sandbox.spaces.settings import set_up
from hfops.sandbox.state import Event, Hub


def attend(hub: Hub) -> None:
    """Give every Space that comes to be a runtime, and let it follow its main branch."""

    def meet(event: Event) -> None:
        if event.repo.kind is not Kind.SPACE:
            return
        if event.what == "created":
            _created(hub, event)
        elif event.body.get("ref") == HEADS + MAIN:
            space_of(event.repo).committed()

    hub.watchers.append(meet)


def _created(hub: Hub, event: Event) -> None:
    space = Space(hub, event.repo)
    event.repo.facets["space"] = space
    if "spec" in event.body:
        seed_space(space, event.body["spec"])
        return
    set_up(space, event.body)
    space.committed()
