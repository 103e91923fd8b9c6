"""The shipped set: each rule finds what it is for, and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hfops.manifest.policies import PolicyUse
from hfops.manifest.project import effective, load_project
from hfops.manifest.settings import Placed
from hfops.model.change import Action
from hfops.model.problem import Problems
from hfops.review.policies.chosen import chosen, idle_waivers
from hfops.review.policies.listing import table
from hfops.review.policies.policy import Severity
from hfops.review.policies.recommended import RECOMMENDED
from tests.review.policies.making import TODAY, Waiver, change, record, resource, violates

GPU = {"accelerator": "gpu", "scaling": {"minReplica": 1}}
CARD = {"metadata": {"license": "mit"}}
CONFIG = [{"path": "config.json", "from": {"inline": "{}"}}]
FOLDER = [{"path": "/", "from": {"directory": "./tree"}}]
COPY = [{"path": "/", "from": {"huggingface": {"repo_id": "acme/other"}}}]
README = [{"path": "README.md", "from": {"inline": "x"}}]

CASES: list[tuple[str, str, dict[str, Any], str, bool]] = [
    ("license-on-public-models", "Model", {"visibility": "public"}, "create", True),
    ("license-on-public-models", "Model", {"visibility": "public"}, "none", False),
    ("license-on-public-models", "Model", {"visibility": "private"}, "create", False),
    ("license-on-public-models", "Model", {}, "create", False),
    ("license-on-public-models", "Model", {"visibility": "public", "card": CARD}, "create", False),
    ("license-on-public-models", "Model", {"visibility": "public", "card": {"metadata": {}}}, "none", True),
    ("license-on-public-models", "Model", {"visibility": "public", "card": {}}, "update", True),
    ("license-on-public-models", "Model", {"visibility": "public", "files": README}, "create", False),
    ("license-on-public-models", "Dataset", {"visibility": "public"}, "create", False),
    ("card-on-public-datasets", "Dataset", {"visibility": "public"}, "create", True),
    ("license-on-public-models", "Model", {"visibility": "public", "files": CONFIG}, "create", True),
    ("license-on-public-models", "Model", {"visibility": "public", "files": FOLDER}, "create", False),
    ("license-on-public-models", "Model", {"visibility": "public", "files": COPY}, "create", False),
    ("card-on-public-datasets", "Dataset", {"visibility": "public", "files": CONFIG}, "create", True),
    ("card-on-public-datasets", "Dataset", {"visibility": "public", "files": FOLDER}, "create", False),
    ("card-on-public-datasets", "Dataset", {"visibility": "public"}, "none", False),
    ("card-on-public-datasets", "Dataset", {"visibility": "public", "card": {}}, "create", True),
    ("card-on-public-datasets", "Dataset", {"visibility": "public", "card": CARD}, "create", False),
    ("card-on-public-datasets", "Dataset", {"visibility": "public", "files": README}, "create", False),
    ("description-on-public-collections", "Collection", {"visibility": "public"}, "create", True),
    ("description-on-public-collections", "Collection", {"visibility": "public"}, "none", False),
    ("description-on-public-collections", "Collection", {"visibility": "public", "description": ""}, "none", True),
    ("description-on-public-collections", "Collection", {"visibility": "public", "description": "x"}, "none", False),
    ("description-on-public-collections", "Collection", {}, "create", False),
    ("https-webhooks", "Webhook", {"url": "http://ci.acme.example/"}, "none", True),
    ("https-webhooks", "Webhook", {"url": "HTTPS://ci.acme.example/"}, "none", False),
    ("https-webhooks", "Webhook", {"url": {"env": "HOOK_URL"}}, "create", False),
    ("https-webhooks", "Webhook", {}, "none", False),
    ("no-public-endpoints", "InferenceEndpoint", {"type": "public"}, "none", True),
    ("no-public-endpoints", "InferenceEndpoint", {"type": "protected"}, "none", False),
    ("no-public-endpoints", "InferenceEndpoint", {}, "create", False),
    ("scale-to-zero-on-gpu-endpoints", "InferenceEndpoint", {"compute": GPU}, "none", True),
    ("scale-to-zero-on-gpu-endpoints", "InferenceEndpoint", {"compute": GPU, "state": "paused"}, "none", False),
    ("scale-to-zero-on-gpu-endpoints", "InferenceEndpoint", {"compute": {**GPU, "accelerator": "cpu"}}, "none", False),
    ("scale-to-zero-on-gpu-endpoints", "InferenceEndpoint", {"compute": {**GPU, "scaling": {"minReplica": 0}}}, "none", False),
    ("scale-to-zero-on-gpu-endpoints", "InferenceEndpoint", {"compute": {"accelerator": "gpu"}}, "create", True),
    ("scale-to-zero-on-gpu-endpoints", "InferenceEndpoint", {"compute": {"accelerator": "gpu"}}, "update", False),
    ("sleep-on-gpu-spaces", "Space", {"hardware": "t4-small"}, "create", True),
    ("sleep-on-gpu-spaces", "Space", {"hardware": "t4-small"}, "none", False),
    ("sleep-on-gpu-spaces", "Space", {"hardware": "t4-small", "sleepTime": "never"}, "none", True),
    ("sleep-on-gpu-spaces", "Space", {"hardware": "t4-small", "sleepTime": "1h"}, "create", False),
    ("sleep-on-gpu-spaces", "Space", {"hardware": "cpu-basic", "sleepTime": "never"}, "create", False),
    ("sleep-on-gpu-spaces", "Space", {"hardware": "zero-a10g"}, "create", False),
    ("sleep-on-gpu-spaces", "Space", {}, "create", False),
    ("no-secrets-in-variables", "Space", {"variables": {"HF_TOKEN": "x"}}, "none", True),
    ("no-secrets-in-variables", "Space", {"variables": {"A": "1", "api_key": {"value": "x"}}}, "none", True),
    ("no-secrets-in-variables", "Space", {"variables": {"DB_PASSWORD": {"env": "P"}}}, "create", True),
    ("no-secrets-in-variables", "Space", {"variables": {"MAX_TOKENS": "1", "MONKEY": "x", "KEYBOARD": "y"}}, "none", False),
    ("no-secrets-in-variables", "Space", {"secrets": {"HF_TOKEN": {"env": "T"}}}, "none", False),
    ("no-secrets-in-variables", "Space", {}, "none", False),
    ("no-secrets-in-endpoint-env", "InferenceEndpoint", {"model": {"env": {"API_KEY": "x"}}}, "none", True),
    ("no-secrets-in-endpoint-env", "InferenceEndpoint", {"model": {"env": {"MAX_INPUT_TOKENS": "9"}}}, "none", False),
    ("no-secrets-in-endpoint-env", "InferenceEndpoint", {"model": {}}, "none", False),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "kind", "spec", "action", "violated"), CASES, ids=lambda v: str(v)[:60] or "none"
)
def test_each_rule(name: str, kind: str, spec: dict[str, Any], action: str, *, violated: bool) -> None:
    """It speaks up where the plan knows that something is wrong, and is silent where it does not."""
    policy = next(p for p in RECOMMENDED if p.id == f"recommended/{name}")
    about = resource(kind, **spec)
    assert violates(policy, about, change(about, Action(action))) is violated


def test_each_rule_has_its_cases() -> None:
    """No rule ships untested, on either side."""
    for violated in (True, False):
        assert {f"recommended/{c[0]}" for c in CASES if c[4] is violated} == {p.id for p in RECOMMENDED}


@pytest.mark.parametrize("name", ["scale-to-zero-on-gpu-endpoints", "sleep-on-gpu-spaces"])
@pytest.mark.parametrize(
    ("labels", "environment", "violated"),
    [
        ({}, None, True),
        ({"env": "prod"}, None, False),
        ({"tier": "Production"}, None, False),
        ({"team": "prodigy"}, "preprod", True),
        ({}, "prod", False),
        ({}, "production", False),
        ({"env": "dev"}, "staging", True),
    ],
)
def test_production_may_run_on(
    name: str, labels: dict[str, str], environment: str | None, *, violated: bool
) -> None:
    """A label prod or production, or such an environment, lets what costs money stay awake."""
    policy = next(p for p in RECOMMENDED if p.id == f"recommended/{name}")
    space = {"hardware": "a100-large", "sleepTime": "never"}
    kind, spec = ("Space", space) if name.endswith("spaces") else ("InferenceEndpoint", {"compute": GPU})
    about = resource(kind, labels=labels, **spec)
    assert violates(policy, about, change(about), environment=environment) is violated


@pytest.mark.parametrize("policy", RECOMMENDED, ids=lambda p: p.id)
def test_deleting_violates_none(policy: Any) -> None:
    """What is on its way out has nothing left to mend."""
    about = resource(policy.kinds[0])
    gone = change(about, Action.DELETE, record=record(about, visibility="public", type="public"))
    assert not violates(policy, about, gone)


def used(**use: Any) -> list[tuple[str, Severity]]:
    """The shipped policies in force."""
    entries = [Placed(PolicyUse.model_validate({"use": "recommended", **use}))] if use else []
    return [(p.id, p.severity) for p in chosen(entries, "acme")]


def test_on_as_warnings() -> None:
    """Without a word of the project file; with one, as it says."""
    ids = [p.id for p in RECOMMENDED]
    assert used() == [(i, Severity.WARNING) for i in ids]
    assert used(severity="error") == [(i, Severity.ERROR) for i in ids]
    assert used(severity="off") == []
    left = used(**{"except": (ids[0],)})
    assert left == [(i, Severity.WARNING) for i in ids[1:]]


def test_what_there_is_not() -> None:
    """A misspelt id, in the project file or in a waiver, is an error with the near name."""
    with pytest.raises(Problems, match="did you mean 'recommended/https-webhooks'"):
        used(**{"except": ("recommended/https-webhook",)})
    about = resource(waivers=(Waiver("recommended/no-public-endpoint", "x", TODAY),))
    (problem,) = idle_waivers([about], chosen([], "acme"))
    assert "did you mean 'recommended/no-public-endpoints'?" in str(problem)
    known = resource(waivers=(Waiver("recommended/https-webhooks", "x", TODAY),))
    assert list(idle_waivers([known], ())) == []


def test_the_page_lists_them() -> None:
    """docs/policies.md has the table that ``python -m hfops.review.policies.listing`` prints, and its rules compile."""
    page = (Path(__file__).parents[3] / "docs" / "policies.md").read_text(encoding="utf-8")
    listed = page.partition("<!-- recommended: begin -->")[2].partition("<!-- recommended: end -->")[0]
    assert listed.strip() == table()


def test_the_pages_example_is_valid(tmp_path: Path) -> None:
    """The project file at the top of docs/policies.md is one."""
    page = (Path(__file__).parents[3] / "docs" / "policies.md").read_text(encoding="utf-8")
    (tmp_path / "hfops.yaml").write_text(page.partition("```yaml\n")[2].partition("```")[0], encoding="utf-8")
    settings = effective(load_project(tmp_path), None)
    assert {"gated-models", "freeze", "recommended/https-webhooks"} <= {
        p.id for p in chosen(settings.policies, "acme")
    }
