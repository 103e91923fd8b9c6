"""Webhooks: what happens on the Hub, told to a URL or running a job."""
