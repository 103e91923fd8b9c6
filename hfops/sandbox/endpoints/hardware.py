"""``/v2/provider``: what there is to deploy on, and how much of it is left."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from hfops.sandbox.endpoints.api import namespace
from hfops.sandbox.endpoints.catalogue import AVAILABLE, FAMILIES, REGIONS, ROWS
from hfops.sandbox.endpoints.estate import Estate
from hfops.sandbox.manners import json_answer
from hfops.sandbox.web import Context, Route


def vendors(ctx: Context) -> Response:
    """GET /provider: for everybody, as a namespace without endpoints sees it."""
    return json_answer(catalogue(ctx.hub.endpoints, None))


def vendors_for(ctx: Context) -> Response:
    """GET /provider/{ns}."""
    return json_answer(catalogue(ctx.hub.endpoints, namespace(ctx)))


def catalogue(estate: Estate, home: str | None) -> dict[str, Any]:
    """Every row, under its region and vendor."""
    return {
        "vendors": [
            {
                "name": vendor,
                "status": AVAILABLE,
                "regions": [
                    {
                        "name": region,
                        "label": label,
                        "status": AVAILABLE,
                        "computes": _computes(estate, home, vendor, region),
                    }
                    for region, label in regions.items()
                ],
            }
            for vendor, regions in REGIONS.items()
        ]
    }


def _computes(estate: Estate, home: str | None, vendor: str, region: str) -> list[dict[str, Any]]:
    here = [row for row in ROWS.values() if (row.family.vendor, row.region) == (vendor, region)]
    return [row.told(estate.quota(home, row)) for row in here]


def quotas(ctx: Context) -> Response:
    """GET /provider/quotas/{ns}: by instance type, whatever the region."""
    home, estate = namespace(ctx), ctx.hub.endpoints
    told: dict[str, list[dict[str, Any]]] = {vendor: [] for vendor in REGIONS}
    for family in FAMILIES:
        row = next(r for r in ROWS.values() if r.family is family)
        entry = {"instanceType": family.instance_type, "architecture": family.architecture}
        told[family.vendor].append(entry | estate.quota(home, row))
    return json_answer({"vendors": [{"name": name, "quotas": rows} for name, rows in told.items()]})


ROUTES = (
    Route("GET", "/v2/provider", vendors),
    Route("GET", "/v2/provider/quotas/{ns}", quotas),
    Route("GET", "/v2/provider/{ns}", vendors_for),
)
