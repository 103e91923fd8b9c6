"""The audit log of organisations: who did what, and when."""
