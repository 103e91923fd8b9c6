"""Resource groups in seeds: by name or id."""

from __future__ import annotations

from hfops.sandbox.manners import bad_request
from hfops.sandbox.people import Group
from hfops.sandbox.state import Hub


def seeded_group(hub: Hub, namespace: str, wanted: str | None) -> str | None:
    """A group's id by its name or id; one that is not there is made."""
    if wanted in (None, "none"):
        return None
    org = hub.orgs.get(namespace.lower())
    if org is None:
        raise bad_request("resourceGroup: only an organization has resource groups")
    for uid, group in org.groups.items():
        if wanted in (uid, group.name):
            return uid
    made = Group(hub.new_id(), str(wanted))
    org.groups[made.uid] = made
    return made.uid
