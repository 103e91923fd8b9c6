"""The receiver of the Hub's webhooks: what it takes in, when it looks, what it tells."""
