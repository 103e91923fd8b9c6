"""Which sdk a Space ends up with, by whichever way, and what that exposes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from hfops.kinds.repo.content.gather import inline
from hfops.kinds.repo.content.seen import FACT, Wanted
from hfops.kinds.repo.tree import Entry, LiveContent
from hfops.kinds.space.scene import COMMITTED_SDK
from hfops.model.resource import Lifecycle, OnDrift
from hfops.model.risk import RiskKind
from tests.kinds.spaces import PLAIN, THEN, Looked, ignoring, live, look

GRADIO, STATIC = b"---\nsdk: gradio\n---\n", b"---\nsdk: static\n---\n"
B = {"secrets": {"B": {"env": "B"}}}


def committing(
    now: bytes,
    spec: Mapping[str, Any],
    *,
    proposes: bool = False,
    lifecycle: Lifecycle = PLAIN,
    applied: Mapping[str, Any] | None = None,
) -> Looked:
    """A running Space whose README.md is ``now``, and a manifest that has another one by any of three ways."""
    sdk, then = ("gradio", "static") if now == GRADIO else ("static", "gradio")
    content = LiveContent("main", "0" * 40, {"README.md": Entry(20, "1" * 40)}, readme=now, carded=True)
    ways: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
        "field": ({"sdk": then}, {"front": {"sdk": then}}),
        "card": ({"card": {"metadata": {"sdk": then}}}, {"metadata": {"sdk": then}, "card": True}),
        "file": ({}, {"files": {"README.md": inline("README.md", GRADIO if then == "gradio" else STATIC)}}),
    }
    more, parts = ways[spec["way"]]
    if spec["way"] == "file":
        more = {"files": [{"path": "README.md", "from": {"inline": then}}]}
    mode = "pull-request" if proposes else "direct"
    manifest = {**{k: v for k, v in spec.items() if k != "way"}, **more, "commit": {"mode": mode}}
    wanted = Wanted("main", proposes, "update", **parts)
    there = live(sdk=sdk, secrets={"A": THEN}, content=content, hardware="cpu-basic")
    facts = {FACT: wanted, COMMITTED_SDK: then}
    return look(manifest, there, applied, facts, lifecycle=lifecycle)


def exposed(looked: Looked) -> list[str]:
    """The paths of what exposes something."""
    return [d.path for d in looked.compared.differences for r in d.risks if r.kind is RiskKind.EXPOSURE]


WAYS = {"field": "spec.sdk", "card": "spec.card.metadata[sdk]", "file": "spec.files[README.md]"}


@pytest.mark.parametrize("proposes", [False, True])
@pytest.mark.parametrize("way", WAYS)
def test_what_makes_it_static_exposes(way: str, proposes: bool) -> None:
    """A field, a key of the card or a whole README.md: each says what it shows, also where it is only proposed."""
    assert exposed(committing(GRADIO, {"way": way}, proposes=proposes)) == [WAYS[way]]


@pytest.mark.parametrize("way", WAYS)
def test_a_secret_for_what_becomes_static_is_exposed(way: str) -> None:
    """A new secret is shown as well as those that are there."""
    assert exposed(committing(GRADIO, {"way": way, **B})) == [WAYS[way], "spec.secrets[B]"]


@pytest.mark.parametrize("way", WAYS)
def test_what_is_static_no_more_exposes_nothing(way: str) -> None:
    """A static Space that gets an app is given its secrets after the commit."""
    looked = committing(STATIC, {"way": way, **B})
    assert exposed(looked) == []
    assert looked.sent == ["POST main", "POST secrets"]


@pytest.mark.parametrize("way", WAYS)
def test_what_only_might_be_static_no_more_exposes(way: str) -> None:
    """Where another sdk is proposed, or left alone, a static Space stays one, and shows a new secret."""
    assert exposed(committing(STATIC, {"way": way, **B}, proposes=True)) == ["spec.secrets[B]"]
    ignoring_it = committing(STATIC, {"way": way, **B}, lifecycle=ignoring(WAYS[way]))
    assert exposed(ignoring_it) == ["spec.secrets[B]"]


def test_somebody_made_it_static_and_that_is_only_reported() -> None:
    """Drift that is left alone is what a new secret meets."""
    report = Lifecycle(on_drift=OnDrift.REPORT)
    looked = committing(STATIC, {"way": "field", **B}, lifecycle=report, applied={"sdk": "gradio"})
    assert exposed(looked) == ["spec.secrets[B]"]


def test_a_space_without_secrets_has_none_to_show() -> None:
    """Nothing is exposed where nothing is there."""
    there = live(sdk="gradio", content=LiveContent("main", "0" * 40, readme=GRADIO, carded=True))
    facts = {FACT: Wanted("main", False, "update", front={"sdk": "static"}), COMMITTED_SDK: "static"}
    assert exposed(look({"sdk": "static"}, there, facts=facts)) == []


@pytest.mark.parametrize("way", WAYS)
def test_what_becomes_static_restarts_nothing(way: str) -> None:
    """After the commit nothing runs: neither it nor what is set then counts as a restart."""
    looked = committing(GRADIO, {"way": way, "variables": {"X": "1"}, **B})
    assert looked.sent == ["POST main", "POST variables", "POST secrets"]
    assert not any(c.restarts for c in looked.calls)
    assert not any(r.kind is RiskKind.DOWNTIME for d in looked.compared.differences for r in d.risks)


@pytest.mark.parametrize("way", WAYS)
def test_what_is_only_proposed_restarts_as_ever(way: str) -> None:
    """A pull request changes nothing that runs; a variable beside it does."""
    looked = committing(GRADIO, {"way": way, "variables": {"X": "1"}}, proposes=True)
    assert [c.restarts for c in looked.calls] == [True, False]
