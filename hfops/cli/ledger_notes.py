"""What a run says of its ledger: what it will not know, and what may get lost."""

from __future__ import annotations

import os

from hfops.cli.output import say
from hfops.engine.ledger.hub import HubStore
from hfops.engine.ledger.session import Ledger
from hfops.engine.ledger.store import FileStore, HeldError, NoStore
from hfops.hub.config import truthy
from hfops.model.plan import Plan
from hfops.model.problem import HfopsError

KEY, KEYED = "HFOPS_LEDGER_KEY", "scrypt-keyed$"

NO_LEDGER = (
    "note: no ledger: hfops cannot tell drift from change, delete entries that manifests dropped, prune,"
    " follow renames, or know which saved plans were used"
)
FLEETING = (
    "warning: the ledger is a local file ({path}), this is CI, and there is none yet: unless the job keeps\n"
    "warning: that file, the next run will not know what this one applied. Keep it, or use --no-ledger on purpose."
)


def say_of_store(store: FileStore | HubStore | NoStore) -> None:
    """Before anything is read: there is no ledger, or none that the next run would find."""
    if isinstance(store, NoStore):
        say(NO_LEDGER)
    elif isinstance(store, FileStore) and truthy(os.environ.get("CI")) and not store.path.exists():
        say(FLEETING.format(path=store.path))


def say_of_key(ledger: Ledger) -> None:
    """Hashes that nobody can compare without the key they were made with."""
    if not os.environ.get(KEY) and KEYED in str(ledger.form.entries):
        say(f"warning: this ledger's hashes were made with a key: set {KEY}, or secrets are not compared")


def wait_for_turn(store: FileStore | HubStore | NoStore, timeout: float) -> None:
    """Wait up to ``timeout`` seconds while another run writes the ledger; a wait in vain is said."""
    if isinstance(store, HubStore) or (isinstance(store, FileStore) and store.path.exists()):
        try:
            with store.lock(timeout):
                pass
        except HeldError as error:
            say(f"warning: {error}")
            say("warning: planned all the same: what that run has begun may look interrupted")


def refuse_without(ledger: Ledger) -> None:
    """Raise HfopsError where drift cannot be told: there is no ledger, or nothing in it."""
    if not ledger.keeps:
        raise HfopsError(
            "drift is what differs from the last apply, which only a ledger knows: leave out --no-ledger"
        )
    if ledger.form.serial == 0:
        where = ledger.store.url
        raise HfopsError(
            f"there is no ledger at {where}, or this token does not see it: what was applied is unknown"
        )


def say_if_fresh(ledger: Ledger, plan: Plan) -> None:
    """An empty ledger beside a Hub that is not: nothing of that counts as ours."""
    if ledger.keeps and ledger.form.serial == 0 and any(c.adopts for c in plan.changes):
        where = ledger.store.url
        say(
            f"note: no ledger at {where} yet: what is on the Hub counts as made by others, and drift goes unseen"
        )
