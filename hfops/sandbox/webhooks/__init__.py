"""Webhooks: who wants to hear of what, and the telling."""
