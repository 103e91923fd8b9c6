"""Names in the ledger that speak of card and files."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from hfops.model.key import Key

METADATA, TEMPLATE, FILES, MIRRORS = "card.metadata", "card.template", "files", "mirrors"

COMMIT = "commit"
"""``{"branch": name}``: the branch that the entries are about."""

PROPOSED = "proposed"
"""What was proposed and is not merged yet; empty once it is.

``pull`` is the number of the pull request, ``title`` its title, ``content`` a checksum of all that it proposes, ``files``
and ``card.metadata`` the entries that are ours once they are somewhere.
"""

OWN = (METADATA, TEMPLATE, FILES, MIRRORS, COMMIT, PROPOSED)


def body_digest(body: str) -> str:
    """What the ledger keeps of a text."""
    return hashlib.sha256(body.encode()).hexdigest()


def is_content(key: Key, front: Iterable[str] = ()) -> bool:
    """Whether a difference is closed by the commit."""
    return key[0] in (METADATA, TEMPLATE, FILES) or (len(key) == 1 and key[0] in front)
