"""What unquoted words mean."""

import pytest

from hfops.manifest.scalars import resolve, tagged
from hfops.manifest.yaml import parse_value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None), ("~", None), ("null", None), ("Null", None), ("NULL", None),
        ("true", True), ("True", True), ("TRUE", True), ("false", False), ("False", False), ("FALSE", False),
        ("0", 0), ("-0", 0), ("12", 12), ("-3", -3),
        ("1.5", 1.5), ("1e3", 1000.0), ("1.5e3", 1500.0), ("1E-2", 0.01), ("-0.5", -0.5),
    ],
)  # fmt: skip
def test_the_special_words_resolve(text, value):
    """Null, the two booleans, decimal integers and floats are the only words that are not strings."""
    resolved = resolve(text)
    assert resolved == value
    assert type(resolved) is type(value)


YAML_1_1 = [
    "yes", "no", "on", "off", "y", "n", "Yes", "NO", "On", "OFF", "010", "0o17", "0x1f", "0b1", "1_000", "+1", ".5",
    "5.", "2026-01-01", "2026-01-01T00:00:00Z", "1:30", "190:20:30", ".inf", "-.inf", ".nan", ".NaN", "tRUE", "nULL",
    "1e999", "-1e999", "=", "<<", "0.1.2", "12e", "\uff11", "9" * 5000,
]  # fmt: skip


@pytest.mark.parametrize("text", YAML_1_1)
def test_everything_else_stays_a_string(text):
    """YAML 1.1's other words (yes, octal, sexagesimal, dates, infinities) are the strings they look like."""
    assert resolve(text) == text


def test_standard_tags_force_a_type_or_fail():
    """``!!str 1.10`` is text; ``!!int x`` is refused."""
    assert tagged("1.10", "str") == "1.10"
    assert tagged("3", "float") == 3.0
    assert tagged("~", "null") is None
    with pytest.raises(ValueError, match="yes"):
        tagged("yes", "bool")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1),
        ('"1"', "1"),
        ("'it''s'", "it's"),
        ("no", "no"),
        ('"open', '"open'),
        ("a: b", "a: b"),
        ("", None),
    ],
)
def test_single_values_follow_the_same_rules(text, value):
    """A value of the command line reads as it would in a file; broken quoting is taken literally."""
    assert parse_value(text) == value
