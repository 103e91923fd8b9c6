"""The ledger: what this project owns, what it last applied, and what it was about to do."""
