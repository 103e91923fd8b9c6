"""Inference Endpoints: a model, the hardware it runs on, and whether it runs."""
