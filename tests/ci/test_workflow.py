"""What is written to GitHub's runner: commands that say one thing each, whatever is in them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hfops.cli.ci.widgets import code_quality, counts
from hfops.cli.ci.workflow import SHOWN, add_summary, commands, set_outputs
from hfops.cli.output import out, out_json
from hfops.model.problem import HfopsError
from hfops.model.source import Mark
from hfops.report.annotations import Annotation, Severity

HOSTILE = st.text(alphabet=st.sampled_from(list(":,%\r\n#[]=abc\x1b")), max_size=40)


def note(message: str = "m", where: Mark | None = None, severity: Severity = Severity.WARNING) -> Annotation:
    return Annotation(severity, "code", "title", message, where)


@given(HOSTILE, HOSTILE)
def test_a_command_is_one_line_that_reads_back(message: str, file: str) -> None:
    """As GitHub's runner takes it apart: properties up to ``::``, then data, both unescaped."""
    (line,) = commands([note(message, Mark(file, 7, 2))])
    assert "\n" not in line
    assert "\r" not in line
    match = re.fullmatch(r"::(\w+) ([^:]*)::(.*)", line)
    assert match
    properties = dict(part.split("=", 1) for part in match[2].split(","))
    assert _unescaped(properties["file"]) == file
    assert properties["line"] == "7"
    assert _unescaped(match[3]) == message


def _unescaped(text: str) -> str:
    for escape, char in (("%3A", ":"), ("%2C", ","), ("%0D", "\r"), ("%0A", "\n"), ("%25", "%")):
        text = text.replace(escape, char)
    return text


def test_what_does_not_fit_is_counted() -> None:
    """GitHub drops what is beyond ten, silently."""
    lines = list(commands([note(f"m{i}") for i in range(30)] + [note("e", severity=Severity.ERROR)]))
    assert len(lines) == SHOWN + 1
    assert lines[0].endswith("::e")
    assert f"{30 - SHOWN + 1} more of this kind" in lines[-1]


@given(st.text(max_size=60))
def test_no_value_ends_its_own_output(tmp_path_factory: pytest.TempPathFactory, value: str) -> None:
    """Else a name could set another output."""
    path = tmp_path_factory.mktemp("x") / "out"
    set_outputs({"GITHUB_OUTPUT": str(path)}, [("plan", value)])
    first, *_ = path.read_bytes().split(b"\n")
    end = first.partition(b"<<")[2]
    assert path.read_bytes().count(end) == 2


def test_without_the_files_nothing_is_written_and_a_bad_one_is_an_error(tmp_path: Path) -> None:
    """Other CI services have none."""
    add_summary({}, "text")
    with pytest.raises(HfopsError, match="GITHUB_STEP_SUMMARY"):
        add_summary({"GITHUB_STEP_SUMMARY": str(tmp_path)}, "text")


@pytest.mark.parametrize(
    "text", ["::add-mask::x", "  ::error::x", "a ##[add-mask]x", "ok\n::set-output name=a::b"]
)
def test_foreign_text_is_no_command(
    text: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """On GitHub, every output passes the runner, which takes lines for commands; elsewhere texts stay as they are."""
    out(text)
    assert capsys.readouterr().out.rstrip("\n") == text
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    out(text)
    out_json({"x": text})
    printed = capsys.readouterr().out
    assert not [line for line in printed.split("\n") if line.lstrip().startswith("::") or "##[" in line]


def test_gitlab_takes_findings_with_a_line_and_tells_equal_ones_apart_by_their_words() -> None:
    """A fingerprint is how GitLab knows that a finding is new: it does not change with the line."""
    first, moved, other = (
        code_quality([note(m, Mark("a.yaml", line))])[0] for m, line in (("m", 1), ("m", 9), ("n", 1))
    )
    assert first["fingerprint"] == moved["fingerprint"] != other["fingerprint"]
    assert first["location"] == {"path": "a.yaml", "lines": {"begin": 1}}
    assert code_quality([note()]) == []


def test_the_widget_counts_a_replacement_on_both_sides() -> None:
    """It is deleted, and made anew."""
    assert counts({"create": 1, "replace": 2, "update": 3, "move": 1, "delete": 1, "calls": 9}) == {
        "create": 3, "update": 4, "delete": 3,
    }  # fmt: skip
