"""Whatever the Hub says, no report does anything but show it."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from hfops.report.build import plan_view
from hfops.report.drift import drift_lines, drift_view
from hfops.report.html import html
from hfops.report.inert import code, fenced, prose, raw_code
from hfops.report.markdown import LIMIT, SMALLEST, markdown
from hfops.report.model import Report
from hfops.report.text import plan_lines
from hfops.report.words import clean, json_text
from tests.report.hostile import NAMES, PIECES, TEXTS, drift_of, plan_of

ACTIONS = st.sampled_from(["create", "update", "replace", "move", "delete", "forget", "none"])
ACTS = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u00ad\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff\U000e0000-\U000e007f]"
)
"""Characters that do something instead of being seen; a line's end is the renderer's own."""
REFERENCE = re.compile(r"@\w|#\d|\bGH-\d|!\d|https?:|www\.|mailto:|\w@\w|\b[0-9a-f]{7,}\b|[`*_\[\]<|~\\]")
"""What a host makes a link, a mention or markup of, in text that is not code."""
TAGS = {"code", "pre", "p", "ul", "li", "h3", "h4", "strong", "table", "thead", "tbody", "tr", "th", "td", "details", "summary",
        "b", "sub", "blockquote"}  # fmt: skip
VOID = {"meta", "link", "input"}


class Seen(HTMLParser):
    """What a browser would make of it: tags with attributes, texts outside of code, and whether all is closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.outside: list[str] = []
        self.comments: list[str] = []
        self.stack: list[str] = []
        self.texts: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.stack.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.stack.pop() == tag

    def handle_data(self, data: str) -> None:
        if not {"script", "style"} & set(self.stack):
            self.texts.append(data)
        if not {"code", "pre"} & set(self.stack):
            self.outside.append(data)

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)


def markdown_seen(text: str) -> Seen:
    """Markdown with raw HTML and tables, as a host renders it."""
    return Seen(MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).render(text))


def assert_inert(seen: Seen) -> None:
    """Only our tags, without attributes but the fence's language and cells' sides; nothing outside code is a reference."""
    assert seen.stack == []
    assert seen.comments == []
    for tag, attrs in seen.tags:
        assert tag in TAGS
        assert attrs in ({}, {"class": "language-diff"}, {"style": "text-align:right"})
    assert [t for t in seen.outside if REFERENCE.search(t)] == []


@given(TEXTS, NAMES, ACTIONS)
@settings(max_examples=150, deadline=None)
@example("".join(PIECES), "".join(PIECES).replace("/", "\u2215"), "update")
@example("``q` `x` `` `y", "`", "create")
def test_markdown(text: str, name: str, action: str) -> None:
    """Rendered, a comment holds our own structure and nothing else; no character in it acts."""
    report = plan_of(text, name, action)
    for view in (plan_view(report), drift_view(*drift_of(report))):
        for limit in (SMALLEST, LIMIT):
            made = markdown(view, limit=limit)
            assert ACTS.search(made) is None
            assert_inert(markdown_seen(made))
            assert len(made.encode("utf-16-le")) // 2 <= limit


@given(TEXTS, NAMES, ACTIONS)
@settings(max_examples=60, deadline=None)
@example("".join(PIECES), "".join(PIECES).replace("/", "\u2215"), "update")
def test_html(text: str, name: str, action: str) -> None:
    """Parsed back, the page has the tags and attributes that a harmless one has, one script, and the text whole."""
    harmless = Seen(html(plan_view(plan_of("word", "name", action))))
    made = html(plan_view(plan_of(text, name, action)))
    seen = Seen(made)
    assert (seen.stack, seen.comments) == ([], [])
    assert {t for t, _ in seen.tags} <= {t for t, _ in harmless.tags} | {"code", "pre"}
    assert [sorted(a) for t, a in seen.tags if t == "details"] == [
        sorted(a) for t, a in harmless.tags if t == "details"
    ]
    assert [t for t, _ in seen.tags].count("script") == 1
    names = {name for _, attrs in seen.tags for name in attrs}
    assert not {n for n in names if n.startswith("on")} | (names & {"src", "action", "formaction", "srcdoc"})
    assert all(h.startswith(("#", "data:,")) for _, a in seen.tags for k, h in a.items() if k == "href" and h)
    assert ACTS.search(made) is None
    assert clean(text) in "".join(seen.texts)


@given(TEXTS, NAMES, ACTIONS)
@settings(max_examples=80, deadline=None)
@example("".join(PIECES), "".join(PIECES).replace("/", "\u2215"), "update")
def test_text_and_json(text: str, name: str, action: str) -> None:
    """No line of text and no JSON holds a character that acts; JSON says the text all the same."""
    report = plan_of(text, name, action)
    for lines in (plan_lines(report), plan_lines(report, full=True), drift_lines(*drift_of(report))):
        assert [x.text for x in lines if ACTS.search(x.text) or "\n" in x.text] == []
    assert ACTS.search(json_text(report.to_json(), indent=2)) is None


@given(TEXTS, TEXTS)
@settings(max_examples=400, deadline=None)
@example("q` x", "y")
@example("a``b`c`d", "``")
@example("```", "@everyone [x](https://evil.example)")
def test_each_way(text: str, other: str) -> None:
    """Each way of writing foreign text in Markdown is inert by itself, and beside another."""
    assert_inert(markdown_seen(f"- {code(text)} {code(other)}: {prose(text)}\n- {prose(other)}\n"))
    assert_inert(markdown_seen(prose(text)))
    assert_inert(markdown_seen(f"| a |\n|---|\n| {code(text, cell=True)} |\n"))
    assert_inert(markdown_seen(fenced([text, other], "diff")))
    assert_inert(
        markdown_seen(f"<details><summary>{raw_code(text)}</summary>\n\n{prose(other)}\n\n</details>\n")
    )


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("2 resources would be deleted, the limit is 1", "2 resources would be deleted, the limit is 1"),
        ("Model/acme/x: gating loosens (see #12).", "`Model/acme/x`: gating loosens (see `#12`)."),
        ("run `hfops apply` again", "run `hfops apply` again"),
        ("thanks @mallory, fixes GH-1 and acme/hub#7", "thanks `@mallory`, fixes `GH-1` and `acme/hub#7`"),
        ("1. first", "`1`. first"),
        ("deadbee 3f2a91c", "`deadbee 3f2a91c`"),
        ("f(x) or f(x, y)", "`f(x)` or `f(x`, y)"),
        ("a`b", "``a`b``"),
    ],
)
def test_prose(text: str, shown: str) -> None:
    """Words stay words, what is odd becomes code, and punctuation stays outside."""
    assert prose(text) == shown


def test_lines_after_details() -> None:
    """Where one change is shown whole and the next on a line, the line is Markdown again, not the rest of raw HTML."""
    text = "<b>`#1`<i>"
    changes = [
        {"address": f"Model/a/{i}{text}", "action": "delete", "notes": [text * (i % 7) * 20],
         "risks": [{"risk": "data-loss", "reason": text}] if i % 2 else []}
        for i in range(60)
    ]  # fmt: skip
    made = markdown(plan_view(Report({"changes": changes, "notices": []})), limit=SMALLEST)
    assert "<details>" in made
    assert "\n- `-`" in made
    seen = markdown_seen(made)
    assert_inert(seen)
    assert len([t for t, _ in seen.tags if t == "details"]) == made.count("<details>")
    assert [t for t, _ in seen.tags].count("li") == made.count("\n- ")
