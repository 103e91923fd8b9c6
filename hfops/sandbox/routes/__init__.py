"""The sandbox's routes, in groups by area. A new area is a module with ``ROUTES`` and a line here."""

from __future__ import annotations

from hfops.sandbox.routes import account, commits, files, info, large, listing, orgs, refs, repos, trees
from hfops.sandbox.web import Route

ROUTES: tuple[Route, ...] = (
    *account.ROUTES,
    *orgs.ROUTES,
    *repos.ROUTES,
    *listing.ROUTES,
    *info.ROUTES,
    *refs.ROUTES,
    *commits.ROUTES,
    *trees.ROUTES,
    *large.ROUTES,
    *files.ROUTES,
)
