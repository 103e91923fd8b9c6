"""Large files of a Space: their bytes move before anything stops or restarts."""

from __future__ import annotations

from pathlib import Path

import pytest

from hfops.model.outcome import Status
from hfops.sandbox.repos import Kind
from hfops.sandbox.spaces.machine import space_of
from tests.kinds.case import Case
from tests.kinds.stage import set_stage

# The client hands bytes to its HTTP library in a way that the library is about to drop.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")

THERE = {
    "kind": "Space",
    "metadata": {"name": "acme/app"},
    "spec": {
        "visibility": "private", "sdk": "docker", "state": "running",
        "files": [{"path": "Dockerfile", "inline": "FROM scratch"}],
    },
}  # fmt: skip
MANIFEST = """
apiVersion: hfops/v1
kind: Space
metadata: {name: acme/app}
spec:
  variables: {X: "1"}
  hardware: t4-small
  files: [{path: weights.bin, from: {file: a.bin}}]
  %s
"""


@pytest.mark.parametrize(
    ("more", "restarting", "last"),
    [
        ("", ["variables", "main", "hardware"], 1),
        ("state: paused", ["pause", "variables", "main", "hardware"], 0),
    ],
)
def test_bytes_move_first(tmp_path: Path, more: str, restarting: list[str], last: int) -> None:
    """Upload, then a pause if there is one, then all that restarts, back to back: the Hub counts what the plan says."""
    (tmp_path / "a.bin").write_bytes(bytes(range(256)) * 40)
    case = Case(claim="uploads", hub={"resources": [THERE]}, manifests=MANIFEST % more)
    with set_stage(case, tmp_path) as stage:
        ledger = stage.ledger()
        prepared = stage.plan(ledger)
        calls = list(prepared.plan.calls())
        assert [c.path.rsplit("/", 1)[1] for c in calls[1:]] == restarting
        assert calls[0].path.endswith("/preupload/main")
        assert prepared.plan.summary()["restarts"] == last
        result = stage.apply(prepared, ledger)
        assert all(o.status is Status.APPLIED for o in result.outcomes), result.outcomes
        repo = stage.sandbox.hub.find(Kind.SPACE, "acme/app")
        assert repo is not None
        assert space_of(repo).restarts == last
