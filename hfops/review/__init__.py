"""Risks, guards and consent: what may not happen without somebody saying so."""
