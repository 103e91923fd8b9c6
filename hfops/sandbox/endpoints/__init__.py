"""Inference Endpoints: their API under ``/v2``, the machines behind it, and a stand-in for what they serve."""
