"""Inference Endpoints: their API under ``/v2`` and what they serve under ``/_endpoints``."""

from __future__ import annotations

from hfops.sandbox.endpoints import api, hardware, monitor, serving

ROUTES = (*api.ROUTES, *monitor.ROUTES, *hardware.ROUTES, *serving.ROUTES)
