"""Durations: what may be written, and what it means in seconds."""

from __future__ import annotations

import re

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hfops.kinds.space.duration import UNITS, seconds, seconds_or_never, worded
from hfops.kinds.space.spec import SpaceSpec
from hfops.manifest.strict import Complaint

SCHEMA = SpaceSpec.model_json_schema(by_alias=True)


@pytest.mark.parametrize(
    ("written", "meant"), [(90, 90), ("90", 90), ("90s", 90), ("30m", 1800), ("1h", 3600), ("2d", 172800)]
)
def test_a_duration_in_seconds(written: int | str, meant: int) -> None:
    """A number counts seconds; a letter after it, minutes, hours or days."""
    assert seconds(written) == meant
    assert seconds_or_never(written) == meant


@pytest.mark.parametrize(
    "written", [0, "0", "0h", -1, "-1", "", "h", "1.5h", "1 h", "1w", "1h30m", "never!", "\uff11h"]
)
def test_what_is_no_duration(written: int | str) -> None:
    """Nothing, less than nothing, and other words are refused."""
    with pytest.raises(Complaint):
        seconds_or_never(written)


def test_never_is_for_sleep_only() -> None:
    """never is a word where there may be no end, and no length of time."""
    assert seconds_or_never("never") == "never"
    with pytest.raises(Complaint):
        seconds("never")


@given(st.integers(1, 10**6))
def test_words_are_read_back(amount: int) -> None:
    """What is worded means what it was worded from."""
    assert seconds(worded(amount)) == amount
    assert re.fullmatch(f"[0-9]+[{''.join(UNITS)}]", worded(amount))


@pytest.mark.parametrize("written", [90, "1h", "never"])
def test_the_schema_takes_what_is_taken(written: int | str) -> None:
    """Editors that know the JSON schema accept what hfops accepts, and refuse what it refuses."""
    jsonschema.validate({"sleepTime": written}, SCHEMA)
    for wrong in (0, True, "soon"):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate({"sleepTime": wrong}, SCHEMA)
