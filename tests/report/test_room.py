"""A comment fits, whatever the plan holds, and says what it leaves out."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hfops.report.build import plan_view
from hfops.report.markdown import LIMIT, SMALLEST, markdown
from hfops.report.model import Report
from hfops.report.room import Room, size


def change(index: int, **other: Any) -> dict[str, Any]:
    """A change unlike all others; every third is a deletion with a risk."""
    address = f"Model/acme/m{index:05}"
    gone = index % 3 == 2
    row = {
        "path": "spec.card.template",
        "op": "change",
        "before": f"old {index}",
        "after": f"new {index}",
        "cause": "change",
    }
    call = {"method": "PUT", "path": f"/api/models/acme/m{index:05}", "body": {"x": index}, "summary": ""}
    risks = [{"risk": "data-loss", "reason": f"{index} commits are gone"}] if gone else []
    return {
        "address": address,
        "action": "delete" if gone else "update",
        "differences": [row],
        "calls": [call],
        "risks": risks,
        **other,
    }


def comment(changes: list[dict[str, Any]], **other: Any) -> str:
    """The comment on a plan of these changes."""
    limit, marker = other.pop("limit", LIMIT), other.pop("marker", "")
    view = plan_view(Report({"changes": changes, "notices": []}, **other))
    return markdown(view, limit=limit, marker=marker)


def test_five_thousand() -> None:
    """5,000 different changes: under the limit, nearly all of it used, and the rest counted."""
    text = comment([change(i) for i in range(5_000)])
    assert LIMIT - 200 < size(text) <= LIMIT
    hidden = re.search(
        r"\*\*Not everything fits here\*\*: (\d+) resources not shown at all \(update (\d+), delete (\d+)\)",
        text,
    )
    assert hidden
    missing, updates, deletes = map(int, hidden.groups())
    assert missing == updates + deletes
    assert len(set(re.findall(r"Model/acme/m\d{5}", text.partition("#### Model")[2]))) == 5_000 - missing
    assert "1666 to delete; 5000 calls" in text


def test_the_risky_come_first() -> None:
    """Where there is room for some only, those with risks keep their line, and the details are theirs but for crumbs of room."""
    text = comment([change(i) for i in range(120)], limit=12_000)
    shown = text.partition("#### Model")[2]
    assert all(f"m{i:05}" in shown for i in range(2, 120, 3))
    assert "<details>" in shown
    details = [int(x) for x in re.findall(r"<details><summary>[^\n]*Model/acme/m(\d+)", shown)]
    risky = [i for i in details if i % 3 == 2]
    assert len(risky) > 5 * (len(details) - len(risky))


def test_all_fits() -> None:
    """Where all fits nothing is said of hiding, and every call is there."""
    text = comment([change(i) for i in range(20)])
    assert "Not everything fits" not in text
    assert text.count("PUT /api/models") == 20


def test_less_each_time() -> None:
    """With less room less is shown: all in full, some shortened, some only counted."""
    changes = [change(i) for i in range(160)]
    said = [re.search(r"fits here\*\*: (.*);", comment(changes, limit=n)) for n in (LIMIT, 24_000, SMALLEST)]
    assert said[0] is None
    assert said[1]
    assert said[1][1].endswith("shortened")
    assert said[2]
    assert "not shown at all" in said[2][1]


HUGE = {
    "letters": "x" * 70_000, "backticks": "`" * 3_000, "wide": "漢" * 40_000, "two units": "\U0001f600" * 40_000,
    "many spans": "a `" * 20_000, "entities": "&" * 30_000, "tags": "<" * 5_000,
}  # fmt: skip


@pytest.mark.parametrize("limit", [SMALLEST, 10_000, LIMIT])
@pytest.mark.parametrize(
    ("name", "count"), [*((n, c) for n in HUGE for c in (1, 2)), ("backticks", 40), ("tags", 40)]
)
def test_huge_texts(name: str, count: int, limit: int) -> None:
    """Texts longer than a whole comment, in every place, make it no longer; its end is there."""
    text = HUGE[name]
    risks = [{"risk": text, "reason": text}]
    changes = [
        change(
            i,
            address=f"{text if i % 2 else 'Model'}/{text}/{text}{i}",
            notes=[text],
            risks=risks,
            released=[text],
        )
        for i in range(count)
    ]
    refusals = [{"code": "c", "message": text, "ways": [text]}] * count
    plan = {
        "changes": changes,
        "notices": [{"code": "c", "message": text}] * count,
        "project": text,
        "environment": text,
    }
    made = markdown(plan_view(Report(plan, refusals, {"requests": 7}, text)), limit=limit)
    assert size(made) <= limit
    assert "Planning took 7 requests" in made


def test_many_kinds() -> None:
    """Headings are counted too: a thousand kinds fit as well."""
    assert (
        size(comment([change(i, address=f"Kind{i}/a/b") for i in range(1_000)], limit=SMALLEST)) <= SMALLEST
    )


def test_the_marker_is_the_callers() -> None:
    """It is the first line, as it is, and counted; where it leaves no room that is an error."""
    marker = "<!-- hfops acme-hub prod -->"
    text = comment([change(i) for i in range(5_000)], marker=marker)
    assert text.startswith(f"{marker}\n### hfops plan")
    assert size(text) <= LIMIT
    with pytest.raises(ValueError, match="no room"):
        comment([], marker="x" * LIMIT)
    with pytest.raises(ValueError, match="no room"):
        comment([], limit=100)


def test_nothing_to_do_is_short() -> None:
    """A verdict, and what it took."""
    text = comment([], usage={"requests": 3})
    assert text.startswith("### hfops plan: ✅ nothing to do\n")
    assert len(text) < 200


@given(st.text())
def test_size(text: str) -> None:
    """UTF-16 code units, as hosts count at most."""
    whole = text.encode("utf-16-le", errors="surrogatepass")
    assert size(text) == len(whole) // 2


def test_rooms_within_rooms() -> None:
    """What an inner room does not use is free again; nothing is taken twice."""
    room = Room(10)
    inner = room.part(6)
    assert (room.left, inner.left) == (4, 6)
    assert inner.first(["abc", "de", "fg"]) == ["abc", "de"]
    room.rejoin(inner)
    assert (room.left, inner.left) == (5, 0)
    assert (room.swap("abc", "abcdefgh"), room.left) == (True, 0)
    assert not room.take("x")
