"""The sandbox's routes, in groups by area. A new area is a module with ``ROUTES`` and a line here."""

from __future__ import annotations

from hfops.sandbox.routes import (
    account,
    audit,
    collections,
    commits,
    discussions,
    duplicates,
    endpoints,
    environment,
    files,
    info,
    large,
    likes,
    listing,
    orgs,
    refs,
    repos,
    requests,
    spaces,
    trees,
    webhooks,
    xet,
)
from hfops.sandbox.web import Route

ROUTES: tuple[Route, ...] = (
    *account.ROUTES,
    *orgs.ROUTES,
    *audit.ROUTES,
    *repos.ROUTES,
    *spaces.ROUTES,
    *environment.ROUTES,
    *duplicates.ROUTES,
    *discussions.ROUTES,
    *requests.ROUTES,
    *likes.ROUTES,
    *collections.ROUTES,
    *webhooks.ROUTES,
    *endpoints.ROUTES,
    *listing.ROUTES,
    *info.ROUTES,
    *refs.ROUTES,
    *commits.ROUTES,
    *trees.ROUTES,
    *large.ROUTES,
    *xet.ROUTES,
    *files.ROUTES,
)
