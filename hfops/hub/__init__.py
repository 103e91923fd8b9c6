"""The Hub over HTTP: connections, retries, rate limits, errors, tokens. Knows no manifest."""
