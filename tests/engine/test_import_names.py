"""File names: safe on every file system, whatever the Hub's strings hold. Targets: what the command line means."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hfops.engine.importing.filenames import LONGEST, Names, safe
from hfops.engine.importing.target import Target, parse_targets
from hfops.model.problem import HfopsError

DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
HUB = "https://huggingface.co"


@given(
    st.text(max_size=200)
    | st.sampled_from(["../../x", "/etc/passwd", "CON", "nul.txt", ".git", "a/../b", "\x00"])
)
def test_any_text_makes_a_safe_name(text: str) -> None:
    """No slash, no dot at its ends, no device, no name of ours, not too long."""
    name = safe(text)
    assert re.fullmatch(r"[A-Za-z0-9._-]+", name)
    assert name.strip(".-") == name
    assert len(name) <= LONGEST + 1
    assert not DEVICES.fullmatch(name)
    assert name.casefold() not in ("git", "hfops")
    assert f"{name}.yaml" != "hfops.yaml"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("sentiment", "sentiment"), ("../../x", "x"), ("CON", "CON_"), ("nul.v1", "nul_.v1"), (".git", "git_"),
        ("hfops", "hfops_"), ("hfops.yaml", "hfops_.yaml"), ("Vision & Sensing", "Vision-Sensing"), ("Größe", "Groe"),
        ("模型", "unnamed"), ("...", "unnamed"), ("x.yaml.j2", "x.yaml.j2"),
    ],
)  # fmt: skip
def test_names_stay_readable(text: str, name: str) -> None:
    """What is harmless stays as it is."""
    assert safe(text) == name


def test_names_that_differ_in_case_alone_are_one() -> None:
    """On some systems they would be one file: the second gets a number."""
    names = Names()
    assert [names.take(n) for n in ("Bert", "bert", "BERT", "bert-2")] == [
        "Bert",
        "bert-2",
        "BERT-3",
        "bert-2-2",
    ]


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("acme", Target("acme")),
        ("Model/acme/x", Target("acme", "Model", "x")),
        (f"{HUB}/acme", Target("acme")),
        (f"{HUB}/acme/x", Target("acme", "Model", "x")),
        (f"{HUB}/acme/x/tree/main", Target("acme", "Model", "x")),
        (f"{HUB}/datasets/acme/x?a=b", Target("acme", "Dataset", "x")),
        (f"{HUB}/spaces/acme/x", Target("acme", "Space", "x")),
        (f"{HUB}/collections/acme/x-{'0' * 24}", Target("acme", "Collection", f"x-{'0' * 24}")),
        ("http://127.0.0.1:8099/spaces/acme/x", Target("acme", "Space", "x")),
        ("https://endpoints.huggingface.co/acme/endpoints/prod", Target("acme", "InferenceEndpoint", "prod")),
    ],
)
def test_a_target_is_a_namespace_an_address_or_a_url(text: str, target: Target) -> None:
    """URLs of the Hub, and of the one that HF_ENDPOINT names."""
    assert parse_targets([text], "http://127.0.0.1:8099") == (target,)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("acme/x", "which kind?"),
        ("model/acme/x", "did you mean 'Model'"),
        ("https://evil.example/acme/x", "not a URL of"),
        ("https://huggingface.co@evil.example/acme", "not a URL of"),
        ("Model/acme/../x", "expected NAMESPACE"),
        ("..", "holds '--' or '..'"),
        (f"{HUB}/datasets", "expected NAMESPACE"),
        (f"{HUB}/%2e%2e/x", "'..'"),
    ],
)
def test_what_is_no_target_is_refused(text: str, said: str) -> None:
    """With what was expected."""
    with pytest.raises(HfopsError, match=re.escape(said)):
        parse_targets([text], HUB)
