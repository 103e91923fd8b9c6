"""A plan that the rules refused is no reviewed plan, however its pull request got merged."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hfops.cli.ci import apply
from tests.ci.conftest import Review
from tests.cli.conftest import exists, model, writes

KIND = "{{apiVersion: hfops/v1, kind: Project, metadata: {{name: test}}, spec: {{namespace: acme, prune: true, {}}}}}\n"


def project(rules: str) -> str:
    return KIND.format(rules)


def refused_file(review: Review) -> list[str]:
    """What the plan's file says of itself."""
    data = json.loads((review.project.path / "hfops-report/plan.json").read_text())
    found: list[str] = data["refused"]
    return found


def remove(review: Review, *names: str) -> None:
    for name in names:
        (review.project.path / f"{name}.yaml").unlink()


def test_a_refused_deletion_is_not_made_after_the_merge(review: Review) -> None:
    """The pull request loosens the limit and removes two manifests; the base refuses, somebody merges all the same."""
    review.begin(hfops=project("safety: {maxDeletes: 0}"), a=model("a"), b=model("b"), keep=model("keep"))
    assert review.project.run("apply", "--yes").code == 0
    review.write(hfops=project("safety: {maxDeletes: 9}, references: {env: []}"), new=model("new"))
    remove(review, "a", "b")
    ran = review.plan("--allow", "data-loss")
    assert ran.code == 3, ran.out + ran.err
    assert "*" in refused_file(review)
    review.keep()
    before = writes(review.hub)
    ran = review.apply("--allow", "data-loss")
    assert ran.code == 4, ran.out + ran.err
    assert writes(review.hub) == before
    assert exists(review.hub, "a")
    assert "the plan of #7: it was refused: none of its calls counts as reviewed" in ran.err
    assert "its plan was refused" in ran.out
    (_, outcome) = review.said()
    assert "nothing of this was reviewed" in outcome
    assert "its plan was refused" in outcome


def test_the_rest_of_a_refused_plan_counts(review: Review) -> None:
    """What is refused for one resource leaves that resource, and what needs it."""
    review.begin(a=model("a", visibility="private"))
    review.project.run("apply", "--yes")
    review.write(a=model("a", visibility="public"), b=model("b"))
    assert review.plan().code == 3
    assert refused_file(review) == ["Model/acme/a"]
    review.keep()
    ran = review.apply("--allow", "exposure=Model/acme/a")
    assert ran.code == 4, ran.out + ran.err
    assert exists(review.hub, "b")
    assert "it was refused for Model/acme/a: those calls do not count" in ran.err
    rows = [line for line in ran.out.splitlines() if line.startswith(("applied ", "not reviewed "))]
    assert "its plan was refused" in rows[0], "what is not as wanted comes first"
    assert rows[1].startswith("applied")


def test_a_plan_that_was_not_refused_says_so(review: Review) -> None:
    """With the pipeline's own consent nothing is refused, and its plan counts."""
    review.begin(a=model("a"))
    assert review.plan().code == 0
    assert refused_file(review) == []


def test_apply_of_a_file_is_consent_of_its_own(review: Review) -> None:
    """A person who gives the plan's file to ``hfops apply`` consents there, as ever."""
    review.begin(a=model("a", visibility="private"))
    review.project.run("apply", "--yes")
    review.write(a=model("a", visibility="public"))
    assert review.plan().code == 3
    plan = "hfops-report/plan.json"
    assert review.project.run("apply", plan, "--yes").code == 3
    assert review.project.run("apply", plan, "--yes", "--allow", "exposure").code == 0


def test_a_long_list_of_what_was_refused_is_cut(review: Review) -> None:
    """A warning names the first ones, and counts the others."""
    names = [f"m{n}" for n in range(apply.NAMED + 2)]
    review.begin(**{n: model(n, visibility="private") for n in names})
    review.project.run("apply", "--yes")
    review.write(**{n: model(n, visibility="public") for n in names})
    review.plan()
    review.keep()
    assert "Model/acme/m4 and 2 more: those calls" in review.apply().err


@pytest.mark.parametrize("wrong", [["no address"], "*", [1], None])
def test_a_list_that_cannot_be_is_no_plan(review: Review, wrong: object) -> None:
    """Whoever wrote it, nothing of such a file counts."""
    review.begin(a=model("a"))
    review.plan()
    file: Path = review.project.path / "hfops-report/plan.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"refused": wrong}))
    review.keep()
    ran = review.apply()
    assert ran.code == 4
    assert "refused" in ran.err
    assert "run the pull request's plan job again, then this one" in ran.err
    assert "-o FILE" not in ran.err
    assert writes(review.hub) == []
