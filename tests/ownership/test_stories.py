"""Whatever an author, other people and dying processes do: hfops ends where the manifests say, and touches no more.

``HFOPS_PROPERTY_EXAMPLES=2000`` plays so many stories, each time others, also in CI; without it, some 20 seconds' worth,
always the same ones.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from huggingface_hub.utils import close_session
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hfops.sandbox.server import Sandbox
from tests.ownership.plots import lives, stories
from tests.ownership.story import Step, play

ASKED = os.environ.get("HFOPS_PROPERTY_EXAMPLES")


@pytest.fixture(scope="module")
def world() -> Iterator[Sandbox]:
    """One Hub for all stories: each has an organisation and a user of its own."""
    with Sandbox(transition_time=0) as sandbox:
        yield sandbox
    close_session()


telling = settings(
    max_examples=int(ASKED or 40),
    derandomize=not ASKED,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@telling
@given(steps=stories(), on_hub=st.booleans(), prune=st.booleans())
def test_any_story_ends_well(world: Sandbox, steps: list[Step], on_hub: bool, prune: bool) -> None:
    """Foreign things are as others left them, what is managed is as described, the ledger is what is owned."""
    play(world, steps, on_hub=on_hub, prune=prune)


@telling
@given(steps=lives(), on_hub=st.booleans(), prune=st.booleans())
def test_any_life_ends_well(world: Sandbox, steps: list[Step], on_hub: bool, prune: bool) -> None:
    """So it is where one resource comes to be owned, is meddled with, and goes."""
    play(world, steps, on_hub=on_hub, prune=prune)
