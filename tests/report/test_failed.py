"""A run without a plan, and a fork's manifests, as comments: nothing foreign acts there, and nothing is longer than its host takes."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from hfops.engine.validationform import FORMAT, Finding, Validation
from hfops.model.problem import HfopsError, Problem, Problems
from hfops.model.source import Mark
from hfops.report.failed import failed, problems_of, validated
from hfops.report.markdown import LIMIT, SMALLEST
from hfops.report.room import size
from tests.report.hostile import TEXTS
from tests.report.test_hostile import assert_inert, markdown_seen

MARKER = "<!-- hfops:ci:0123456789abcdef -->"


def fork(*errors: Finding) -> Validation:
    return Validation(format=FORMAT, id="0" * 16, resources=3, files=2, errors=list(errors))


@settings(max_examples=150)
@given(TEXTS)
def test_what_a_manifest_says_is_only_shown(text: str) -> None:
    """Errors quote manifests, and a fork's report is a foreign file altogether."""
    problem = Problem(text, Mark(text, 3, 1), address=text, path=text, hint=text)
    foreign = "".join(c for c in text if c != "\ud800")  # no JSON file in UTF-8 holds one
    for page in (failed([problem]), validated(fork(Finding(where=foreign, message=foreign)))):
        assert_inert(markdown_seen(page))


@pytest.mark.parametrize("limit", [SMALLEST + 500, 20_000, LIMIT])
@pytest.mark.parametrize("count", [0, 1, 40, 5_000])
def test_it_is_never_longer_than_the_limit_and_says_what_is_missing(count: int, limit: int) -> None:
    """With any number of errors, each longer than there is room for."""
    problems = [
        Problem(f"no such field {i} " + "\U0001f600" * 3_000, Mark("a.yaml", i + 1)) for i in range(count)
    ]
    page = failed(problems, marker=MARKER, limit=limit)
    assert size(page) <= limit
    shown = page.count("\n- `a.yaml:")
    assert page.startswith(MARKER + "\n### hfops plan: ❌ ")
    assert (f"- … and {count - shown} more" in page) == (shown < count)
    assert shown >= min(count, 1)


def test_all_problems_are_told_each_at_its_place() -> None:
    """Place, subject, message and way out; once each."""
    found = Problems(
        [
            Problem(
                "unknown field", Mark("m.yaml", 4, 3), "Model/acme/x", "spec.gates", "did you mean gated?"
            ),
            Problem("broken"),
        ]
    )
    page = failed(problems_of(found, str))
    assert "2 errors" in page
    assert "- `m.yaml:4:3`: `Model/acme/x`: `spec.gates`: unknown field (did you mean gated?)\n" in page
    assert "- broken\n" in page


def test_secrets_are_masked_before_they_are_escaped() -> None:
    """An error may quote a value that is one."""
    error = HfopsError("the Hub answered: bad token hf_`s3cr3t`")
    assert "s3cr3t" not in failed(problems_of(error, lambda text: text.replace("hf_`s3cr3t`", "***")))


def test_a_valid_fork_is_told_what_was_done_and_what_was_not() -> None:
    """A reviewer must not take it for a plan."""
    page = validated(fork(), marker=MARKER)
    assert "✅ the manifests are valid" in page
    assert "3 resources in 2 files" in page
    assert "There is no plan" in page
