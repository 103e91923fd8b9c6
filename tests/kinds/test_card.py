"""README.md: front matter merged key by key, everything else byte for byte what it was."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from hfops.kinds.repo.content.card import Readme
from hfops.kinds.repo.content.yaml import CardError, canonical, plain, tree, written

TEXTS = st.one_of(
    st.text(st.characters(exclude_categories=["Cs", "Cc"], include_characters="\n\t"), max_size=12),
    st.sampled_from(
        [
            *[
                "no",
                "yes",
                "null",
                "~",
                "1e3",
                "010",
                "0x1f",
                "0o17",
                "2024-01-01",
                "1:30",
                "1_000",
                "---",
                "'q'",
                "<<",
                "=",
                "!x",
                "&a",
                "*a",
                "%d",
                "@at",
                "`t",
                "|",
                ">",
            ],
            *('"d"', "- a", "# b", "a: b", " lead", "trail ", ""),
        ]
    ),
)
KEYS = st.one_of(st.from_regex(r"[a-z][a-z_-]{0,8}", fullmatch=True), TEXTS)
VALUES = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(10**12), 10**12),
        st.floats(allow_nan=False, allow_infinity=False),
        TEXTS,
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=3)),
    max_leaves=6,
)
METADATA = st.dictionaries(KEYS, VALUES, max_size=5)
BODIES = st.text(st.characters(exclude_categories=["Cs", "Cc"], include_characters="\n#- "), max_size=30)


@st.composite
def fronts(draw: st.DrawFn) -> str:
    """Front matter as people write it: comments, blank lines, flow and block values, quotes of all kinds."""
    lines: list[str] = []
    for key in draw(st.lists(st.from_regex(r"[a-z]{1,4}", fullmatch=True), unique=True, max_size=5)):
        lines += draw(st.sampled_from([[], ["# about it"], [""], ["", "# two", "#three"]]))
        lines += draw(
            st.sampled_from(
                [
                    [f"{key}: plain  # why"], [f"{key}: 'single'"], [f'{key}: "double"'], [f"{key}: [a, b]"],
                    [f"{key}:", "- a", "- b"], [f"{key}:", "  - a", "  # not b", "  - c"], [f"{key}:"],
                    [f"{key}: |", "  text", "", "  more"], [f"{key}: >-", "  text", "  # text too"],
                    [f"{key}: {{a: 1,", "  b: 2}"], [f"{key}: a", "  b"], [f"'{key}': 1"], [f"{key}:   yes"],
                    [f"{key}: &{key} x"], [f"{key}:", "  sub: 1", "  # end"], [f"{key}: 1.50"], [f"? {key}", ": x"],
                ]
            )
        )  # fmt: skip
    return "".join(f"{line}\n" for line in lines)


@st.composite
def readmes(draw: st.DrawFn) -> bytes:
    """Files with and without front matter, byte order mark, and either line end."""
    body = draw(BODIES)
    text = f"---\n{draw(fronts())}---\n{body}" if draw(st.booleans()) else body
    text = text.replace("\n", draw(st.sampled_from(["\n", "\r\n"])))
    return (draw(st.sampled_from(["", "\ufeff"])) + text).encode()


def parsed(data: bytes) -> dict[str, Any]:
    """The front matter of a file."""
    return Readme.of(data).metadata


def readable(data: bytes) -> bool:
    """Whether the file's front matter is one that is merged into."""
    try:
        parsed(data)
    except CardError:
        return False
    return True


@given(readmes().filter(readable), METADATA, st.data())
def test_merging_gives_what_is_wanted_and_keeps_the_rest(
    data: bytes, wanted: dict[str, Any], more: st.DataObject
) -> None:
    """The result parses to the wanted keys and the foreign ones, without the removed; the body is untouched."""
    before = Readme.of(data)
    removed = more.draw(st.lists(st.sampled_from([*before.metadata, "absent"]), unique=True))
    removed = [k for k in removed if k not in wanted]
    after = Readme.of(bytes(before.merged(wanted, removed)))
    expected = {k: v for k, v in before.metadata.items() if k not in removed} | wanted
    assert canonical(after.metadata) == canonical(expected)
    assert after.body == before.body
    assert bytes(after).startswith("\ufeff".encode()) is data.startswith("\ufeff".encode())


@given(readmes().filter(readable), METADATA)
def test_merging_again_changes_nothing(data: bytes, wanted: dict[str, Any]) -> None:
    """What is merged is merged: the second time gives the same bytes."""
    once = bytes(Readme.of(data).merged(wanted))
    assert bytes(Readme.of(once).merged(wanted)) == once


@given(readmes().filter(readable))
def test_merging_what_is_there_changes_nothing(data: bytes) -> None:
    """A card that says what is wanted already stays byte for byte, however it is written."""
    readme = Readme.of(data)
    assert bytes(readme) == data
    assert bytes(readme.merged(readme.metadata)) == data


@given(fronts(), st.data())
def test_other_lines_stay(front: str, more: st.DataObject) -> None:
    """Changing one key changes only that key's lines: every other line is still there, in its order."""
    readme = Readme.of(f"---\n{front}---\nbody\n".encode())
    if not readme.metadata or "? " in front:
        return
    key = more.draw(st.sampled_from(list(readme.metadata)))
    after = bytes(readme.merged({key: "changed"})).decode()
    start = next(i for i, n in enumerate(readme.metadata) if n == key)
    others = [n for i, n in enumerate(readme.metadata) if i != start]
    for name in others:
        lines = [
            line for line in front.splitlines() if line.lstrip("'").startswith((f"{name}:", f"{name}':"))
        ]
        assert lines
        assert all(line in after.splitlines() for line in lines)
    kept = [line for line in front.splitlines() if line.startswith("#")]
    assert [line for line in after.splitlines() if line.startswith("#")] == kept


@given(METADATA)
def test_both_yaml_versions_read_the_same(data: dict[str, Any]) -> None:
    """What is written reads the same under the rules of YAML 1.2 and, for Python's tools, of 1.1."""
    text = written(data)
    assert canonical(plain(tree(text))) == canonical(data)
    assert canonical(yaml.safe_load(text) or {}) == canonical(data)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("---\nlicense: mit  # legal\nx: 1\n---\n", "---\nlicense: bsd  # legal\nx: 1\n---\n"),
        ("---\n\n# on top\nlicense: 'mit'\n---\n", "---\n\n# on top\nlicense: bsd\n---\n"),
        ("---\nlicense:\n- mit\n# below\nx: 1\n---\n", "---\nlicense: bsd\n# below\nx: 1\n---\n"),
        ("---\nx: 1\n# the end\n---\n", "---\nx: 1\n# the end\nlicense: bsd\n---\n"),
        ("  ---\n  x: 1\n---\n", "  ---\n  x: 1\n  license: bsd\n---\n"),
        ("\n---\nx: 1\n---", "\n---\nx: 1\nlicense: bsd\n---"),
        ("---\n---\n# T\n", "---\nlicense: bsd\n---\n# T\n"),
        ("----\nno front\n----\n", "---\nlicense: bsd\n---\n----\nno front\n----\n"),
        ("", "---\nlicense: bsd\n---\n"),
        (
            "---\r\nx: |\r\n  a\r\n\r\ny: 1\r\n---\r\n",
            "---\r\nx: |\r\n  a\r\n\r\ny: 1\r\nlicense: bsd\r\n---\r\n",
        ),
    ],
)
def test_only_the_key_changes(before: str, after: str) -> None:
    """Comments, order, quotes, indentation and line ends of everything else stay."""
    assert bytes(Readme.of(before.encode()).merged({"license": "bsd"})).decode() == after


def test_the_last_key_takes_the_front_matter_along() -> None:
    """No empty front matter is left behind, unless the body would be taken for one."""
    assert bytes(Readme.of(b"---\na: 1\n---\n# T\n").merged({}, ["a"])) == b"# T\n"
    assert (
        bytes(Readme.of(b"---\na: 1\n---\n---\nb: 1\n---\n").merged({}, ["a"]))
        == b"---\n{}\n---\n---\nb: 1\n---\n"
    )


@pytest.mark.parametrize(
    "front",
    [
        "[a]\n",
        "text\n",
        "a: [\n",
        "a: 1\na: 2\n",
        "a: !x 1\n",
        "a: &a [*a]\n",
        "? [a]\n: 1\n",
        "a: !!binary aGk=\n",
    ],
)
def test_what_cannot_be_read_is_not_merged_into(front: str) -> None:
    """Front matter that is no mapping of plain values is refused, not overwritten."""
    readme = Readme.of(f"---\n{front}---\n".encode())
    with pytest.raises(CardError):
        readme.merged({"license": "mit"})


def test_bytes_that_are_no_text_are_refused() -> None:
    """A README.md that is not UTF-8 is not rewritten."""
    with pytest.raises(CardError):
        Readme.of(b"\xff\xfe# T")


def test_anchors_survive() -> None:
    """Taking away a key that others refer to keeps their values."""
    readme = Readme.of(b"---\na: &x [1]\nb: *x\n---\n")
    assert parsed(bytes(readme.merged({}, ["a"]))) == {"b": [1]}
    merged = Readme.of(b"---\nbase: &b {x: 1}\nother:\n  <<: *b\n  y: 2\n---\n")
    assert merged.metadata["other"] == {"x": 1, "y": 2}


def test_a_bomb_is_refused() -> None:
    """Aliases that multiply are not expanded without end."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 9)]
    readme = Readme.of(("---\n" + "\n".join(lines) + "\n---\n").encode())
    with pytest.raises(CardError, match="more than"):
        _ = readme.metadata


@given(readmes().filter(readable), BODIES)
def test_a_new_body_keeps_the_front_matter(data: bytes, body: str) -> None:
    """A rendered text replaces the body alone, in the file's own line ends."""
    before = Readme.of(data)
    after = before.with_body(body)
    assert after.front == before.front
    assert after.body.replace("\r\n", "\n") == body.replace("\r\n", "\n")


@pytest.mark.parametrize("mark", ["\x85", "\u2028", "\u2029"])
def test_line_ends_that_not_all_readers_know_are_escaped(mark: str) -> None:
    """Such a value or key is read back as it was, by any parser, and stands in no line of the file as it is."""
    wanted = {"name": f"a{mark}b", "list": [f"c{mark}"], "map": {f"k{mark}": mark}}
    merged = bytes(Readme.of(b"# T\n").merged(wanted))
    assert mark not in merged.decode()
    assert Readme.of(merged).metadata == wanted
    assert yaml.safe_load(merged.decode().split("---\n")[1]) == wanted
    assert bytes(Readme.of(merged).merged(wanted)) == merged


@pytest.mark.parametrize(
    ("front", "why"),
    [
        ("base: &b [x]\nother: *b\n", "it uses anchors"),
        ("{base: [x]}\n", "it is written in braces"),
        ("base: [x]\n", ""),
    ],
)
def test_what_is_laid_out_anew_says_why(front: str, why: str) -> None:
    """Where lines cannot be edited, the reason is known to the plan."""
    merged = Readme.of(f"---\n{front}---\n".encode()).merged({"base": ["y"]})
    assert merged.anew == why
    assert merged.metadata["base"] == ["y"]


def test_what_cannot_be_read_back_is_not_written() -> None:
    """A front matter is never written that would be read as something else."""
    with pytest.raises(CardError, match="YAML cannot hold"):
        Readme.of(b"---\n{a: 1}\n---\n").merged({"b": float("nan")})
