"""load, observe, plan, apply, ledger: from manifests to a Hub that agrees with them."""
