"""Before the first write: which rights a plan needs, and which of them the token does not have.

Rights have the names that the Hub gives them in ``GET /api/whoami-v2`` and on the page that makes fine-grained tokens.
What is certain is refused; where the answer does not tell, the Hub has the last word.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from hfops.hub.whoami import Identity, Scope
from hfops.model.address import Address
from hfops.model.call import Api, Call
from hfops.model.change import Action, Change
from hfops.model.plan import Plan
from hfops.model.problem import HfopsError

REPOS = "repo.write"
PROPOSALS = "discussion.write"
COLLECTIONS = "collection.write"
WEBHOOKS = "user.webhooks.write"
ENDPOINTS = "inference.endpoints.write"

REPO_RIGHTS = frozenset({REPOS, "repo.content.read", "repo.access.read"})
"""The rights on repositories that are known by name; what another one allows is not known."""

NAMED = 3
"""Addresses named in a line."""


class NotPermitted(HfopsError):
    """The token surely may not make some of the calls; nothing was sent."""


@dataclass(frozen=True, slots=True)
class Need:
    """A right that a plan needs: on which user or organisation, for how many calls, and the first of their resources.

    No calls: the ledger needs it.
    """

    right: str
    scope: str
    calls: int = 0
    first: tuple[Address, ...] = ()
    resources: int = 0


@dataclass(frozen=True, slots=True)
class Lack:
    """A need that is not met, or perhaps not, and why. ``by_account``: no other token of the account would help."""

    need: Need
    why: str
    by_account: bool = False


@dataclass(frozen=True, slots=True)
class Preflight:
    """What a plan ``needs``; of that, what is surely ``missing``, and what the facts at hand leave ``unsure``."""

    needs: tuple[Need, ...] = ()
    missing: tuple[Lack, ...] = ()
    unsure: tuple[Lack, ...] = ()
    reads_only: bool = False
    """Whether the token can write nothing at all: right for planning."""


@dataclass(frozen=True, slots=True)
class _Use:
    """One call's right: ``creates`` where the resource is not there before, ``ids`` by what names it is known."""

    right: str
    address: Address
    ids: tuple[str, ...]
    creates: bool = False
    calls: int = 1


@dataclass(frozen=True, slots=True)
class _Verdict:
    """Why a call is not, or may not be, permitted."""

    why: str
    certain: bool = False
    by_account: bool = False


_FINE = _Verdict("")


@dataclass(slots=True)
class _Tally:
    """Uses of one right in one namespace, counted."""

    right: str
    scope: str
    calls: int = 0
    addresses: dict[Address, None] = field(default_factory=dict)

    def add(self, use: _Use) -> None:
        """One more."""
        self.calls += use.calls
        if use.calls:
            self.addresses[use.address] = None

    @property
    def need(self) -> Need:
        """The sum."""
        addresses = tuple(self.addresses)
        return Need(self.right, self.scope, self.calls, addresses[:NAMED], len(addresses))


def needed(plan: Plan, home: Address | None = None) -> tuple[Need, ...]:
    """The rights that applying ``plan`` needs, in the order of its calls; ``home``: the ledger's own repository."""
    return tuple(need for _, need in _counted((_FINE, use) for use in _uses(plan, home)))


def missing(plan: Plan, identity: Identity | None, home: Address | None = None) -> Preflight:
    """What the account and its token, None where there is none, lack for ``plan``. Pure."""
    judged = [(verdict, use) for use in _uses(plan, home) if (verdict := _judged(use, identity))]
    found = [(v, Lack(need, v.why, v.by_account)) for v, need in _counted(judged)]
    return Preflight(
        needed(plan, home),
        tuple(lack for verdict, lack in found if verdict.certain),
        tuple(lack for verdict, lack in found if not verdict.certain),
        reads_only=identity is not None and identity.reads_only,
    )


def _counted(uses: Iterable[tuple[_Verdict, _Use]]) -> Iterator[tuple[_Verdict, Need]]:
    """Uses of one right, in one namespace, with one verdict, as one need."""
    tallies: dict[tuple[_Verdict, str, str], _Tally] = {}
    for verdict, use in uses:
        scope = use.address.namespace
        tallies.setdefault((verdict, use.right, scope.casefold()), _Tally(use.right, scope)).add(use)
    for (verdict, _, _), tally in tallies.items():
        yield verdict, tally.need


def _uses(plan: Plan, home: Address | None) -> Iterator[_Use]:
    for change in plan.changes:
        for call in change.calls:
            yield from _of_call(change, call)
    if home is not None and any(plan.calls()):
        yield _Use(REPOS, home, (home.id,), calls=0)


def _of_call(change: Change, call: Call) -> Iterator[_Use]:
    """A move into another namespace needs two: to take away here, and to put there."""
    source = change.moved_from
    ids = (change.address.id, *((source.id,) if source else ()))
    leaves = source is not None and source.namespace.casefold() != change.address.namespace.casefold()
    if source is not None and call.path == "/api/repos/move":
        yield _Use(REPOS, source, ids)
        if not leaves:
            return
    creates = leaves or change.action in (Action.CREATE, Action.REPLACE)
    yield _Use(_right(call), change.address, ids, creates)


def _right(call: Call) -> str:
    """The right that a call needs, told by the part of the Hub that it goes to."""
    if call.api is Api.ENDPOINTS:
        return ENDPOINTS
    if call.path.startswith("/api/settings/webhooks"):
        return WEBHOOKS
    if call.path.startswith("/api/collections"):
        return COLLECTIONS
    proposes = "create_pr=1" in call.path or "/discussions/" in call.path or "/refs%2Fpr%2F" in call.path
    return PROPOSALS if proposes else REPOS


def _judged(use: _Use, who: Identity | None) -> _Verdict | None:
    """Why ``use`` is not, or may not be, permitted; None where it is."""
    if who is None:
        return _Verdict("there is no token", certain=True)
    if who.reads_only:
        return _Verdict("the token's role is read", certain=True)
    if not who.writes:
        return _Verdict(f"what a token of the role {who.token_role or 'unknown'!r} may do is not known")
    # Anybody may propose a change to what they can read.
    account = None if use.right == PROPOSALS else _by_account(use, who)
    if account or not who.fine_grained:
        return account
    return _by_scopes(use, who)


def _by_account(use: _Use, who: Identity) -> _Verdict | None:
    namespace = use.address.namespace
    role = who.role_in(namespace)
    if role in ("admin", "write", "contributor") and (why := who.restrictions(namespace)):
        return _Verdict(f"{namespace} is closed to this token now ({', '.join(why)})", by_account=True)
    if role in ("admin", "write") or (role == "contributor" and use.creates):
        return None
    if role == "contributor":
        return _Verdict(
            f"as contributor, {who.name} changes only what it made in {namespace}", by_account=True
        )
    if role is None:
        person = who.kind == "user"
        said = f"{who.name} is no member of {namespace}" if person else f"{who.name} is not {namespace}"
        # A token that was given rights there knows better than the list of organisations.
        given = [*who.scopes_on(namespace), *(s for s in who.scopes if _is_about(s, use))]
        return _Verdict(said, person and who.names_orgs and not given, by_account=True)
    if role not in ("read", "no_access"):
        return _Verdict(f"what the role {role!r} in {namespace} allows is not known", by_account=True)
    groups = set(who.roles_in_groups(namespace)) - {"read", "no_access"}
    said = f"the role of {who.name} in {namespace} is {role}"
    more = ", unless a resource group gives it more" if groups else ""
    return _Verdict(said + more, certain=not groups, by_account=True)


def _by_scopes(use: _Use, who: Identity) -> _Verdict | None:
    """A fine-grained token: by its scopes on the namespace and, for what is there already, on the repository itself."""
    namespace = use.address.namespace
    about = [s for s in who.scopes if _is_about(s, use)]
    covering = [*who.scopes_on(namespace), *([] if use.creates else about)]
    held = {*who.global_permissions, *(p for scope in covering for p in scope.permissions)}
    if use.right in held or (use.right == PROPOSALS and REPOS in held):
        return None
    said = f"the token has no {use.right} on {namespace}"
    if use.right != REPOS:
        return _Verdict(said)
    if any(s.type == "resource-group" and REPOS in s.permissions for s in who.scopes):
        return _Verdict(f"{said} itself, only in a resource group")
    if odd := sorted(p for p in held if p.startswith("repo.") and p not in REPO_RIGHTS):
        return _Verdict(f"{said}; what {', '.join(odd)} allows is not known")
    if use.creates and any(REPOS in s.permissions for s in about):
        return _Verdict(
            f"{said}, only on the repository: to create it takes the right on {namespace}", certain=True
        )
    return _Verdict(said, certain=True)


def _is_about(scope: Scope, use: _Use) -> bool:
    """Whether a scope is about the very repository. One name may be a model's and a dataset's."""
    kind = {"model": "Model", "dataset": "Dataset", "space": "Space"}.get(scope.type)
    return kind == use.address.kind and scope.name.casefold() in {one.casefold() for one in use.ids}


def need_text(need: Need) -> str:
    """``repo.write on acme (2 calls: Model/acme/a, Model/acme/b)``."""
    if not need.calls:
        return f"{need.right} on {need.scope} (the ledger)"
    calls = f"{need.calls} call{'' if need.calls == 1 else 's'}"
    named = ", ".join(str(a) for a in need.first)
    more = f" and {need.resources - len(need.first)} more" if need.resources > len(need.first) else ""
    return f"{need.right} on {need.scope} ({calls}: {named}{more})"


def lack_line(lack: Lack) -> str:
    """A need and what stands against it."""
    return f"{need_text(lack.need)}: {lack.why}"


def permission_lines(preflight: Preflight) -> list[str]:
    """What a reader of the plan should know of rights: with a token that only reads, which ones apply's needs."""
    if not preflight.needs:
        return []
    if preflight.reads_only or not (preflight.missing or preflight.unsure):
        prefix = "this token reads only; " if preflight.reads_only else ""
        return [f"{prefix}apply will need: {', '.join(need_text(n) for n in preflight.needs)}"]
    lines = [f"missing for apply: {lack_line(lack)}" for lack in preflight.missing]
    return [*lines, *(f"perhaps missing for apply: {lack_line(lack)}" for lack in preflight.unsure)]


def refusal(preflight: Preflight, endpoint: str) -> str:
    """The error's text: one line for each missing right, and the way to have it."""
    lines = ["nothing was sent: this token may not make all of these calls; missing:"]
    lines += [f"  {lack_line(lack)}" for lack in preflight.missing]
    if any(not lack.by_account for lack in preflight.missing):
        page = f"{endpoint}/settings/tokens/new?tokenType=fineGrained"
        lines.append(
            f"make a token with these rights, or one of the role write, at {page} and set HF_TOKEN to it"
        )
    if any(lack.by_account for lack in preflight.missing):
        lines.append("an admin of the organization can give the account a role that writes")
    return "\n".join(lines)
