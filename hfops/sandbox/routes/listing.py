"""The lists of models, datasets and Spaces: filters, order, pages."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from hfops.sandbox import access
from hfops.sandbox.card import listed
from hfops.sandbox.info import FACTS, FULL, LISTED, MISSING, View, expand_keys, told
from hfops.sandbox.manners import bad_request, json_answer
from hfops.sandbox.paging import Key, cut
from hfops.sandbox.repos import Kind, Repo
from hfops.sandbox.web import Context, Route

PAGE = 500
"""The largest page that any official client asks for."""

ORDERS = (
    "createdAt",
    "downloads",
    "lastModified",
    "likes",
    "likes30d",
    "trendingScore",
    "num_parameters",
    "mainSize",
    "id",
)


def listing(ctx: Context) -> Response:
    """GET /api/models, /api/datasets, /api/spaces: what the caller may see, by default the oldest first."""
    asked = ctx.asked("expand")
    if asked and ctx.flag("full"):
        raise bad_request('"expand" does not go with "full"')
    keys = expand_keys(ctx.kind, asked) if asked else LISTED[ctx.kind] + _more(ctx)
    views = [
        View(ctx.hub, r, r.head) for r in ctx.hub.repos.values() if r.kind is ctx.kind and _wanted(ctx, r)
    ]
    page, headers = cut(ctx, _sorted(ctx, [v for v in views if _fits(ctx, v)]), PAGE)
    return json_answer([told(view, keys) for view in page], headers=headers)


def _more(ctx: Context) -> list[str]:
    full = FULL if ctx.flag("full") else []
    return [*full, *(["cardData"] if ctx.flag("full") or ctx.flag("cardData") else [])]


def _wanted(ctx: Context, repo: Repo) -> bool:
    """The tests that need no card: visibility to the caller, author, search, gating."""
    author, gated = ctx.query.get("author"), ctx.query.get("gated")
    if author is not None and author.lower() != repo.namespace.lower():
        return False
    if gated is not None and (repo.settings["gated"] is not False) != ctx.flag("gated"):
        return False
    if not all(word.lower() in repo.id.lower() for word in ctx.query.getlist("search")):
        return False
    return access.may_read(ctx.hub, ctx.caller, repo)


def _fits(ctx: Context, view: View) -> bool:
    """The tests on what the card says: tags and the pipeline tag."""
    wanted = [tag for text in ctx.asked("filter") for tag in text.split(",")]
    if wanted and not set(wanted) <= set(FACTS["tags"](view)):
        return False
    if ctx.kind is Kind.SPACE and not all(_uses(ctx, view, key) for key in ("models", "datasets")):
        return False
    task = ctx.query.get("pipeline_tag")
    return task is None or FACTS["pipeline_tag"](view) == task


def _uses(ctx: Context, view: View, key: str) -> bool:
    """Whether a Space's card names all the models, or datasets, that are asked for."""
    return set(ctx.asked(key)) <= set(listed(view.card, key))


def _sorted(ctx: Context, views: list[View]) -> list[tuple[Key, View]]:
    """Views under their sort keys: the largest value first (an id: the smallest), then the oldest."""
    sort = ctx.query.get("sort")
    if sort is not None and sort not in ORDERS:
        raise bad_request(f'"sort" must be one of [{", ".join(ORDERS)}]')
    keyed: list[tuple[Key, View]] = [((_rank(sort, view), view.repo.uid), view) for view in views]
    return sorted(keyed, key=lambda pair: pair[0])


def _rank(sort: str | None, view: View) -> Any:
    """A value that is smaller the earlier the view comes."""
    if sort == "id":
        return view.repo.id.lower()
    if sort in ("createdAt", "lastModified"):
        moment = view.repo.created if sort == "createdAt" else max(view.repo.created, view.commit.date)
        return -moment.timestamp()
    value = FACTS[sort](view) if sort in FACTS else 0
    return 0 if value is MISSING else -value


ROUTES = (Route("GET", "/api/{kind}", listing),)
