"""From what lives on the Hub to manifests that describe it."""
