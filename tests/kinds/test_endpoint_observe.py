"""Reading endpoints with the fewest requests: one by one or by the list, and only what the manifests need."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from hfops.hub.errors import Forbidden, NotFound, StatusError, Unauthorized
from hfops.kinds.base import Ask, HubView, Sight
from hfops.kinds.endpoint.catalogue import CATALOGUE
from hfops.kinds.endpoint.revision import COMMITS, FOREIGN
from hfops.manifest.local import NOWHERE
from hfops.model.address import Address
from hfops.model.call import Api
from hfops.model.record import Origin, Record
from tests.kinds.endpoints import EXAMPLES, KIND, NEW, SHA, answer, merged, resource


class Service:
    """The Endpoints API and the Hub, with some endpoints. ``refusal`` is what every read of an endpoint meets."""

    def __init__(self, *names: str, size: int = 4, refusal: StatusError | None = None) -> None:
        self.rows = [answer(name=name) for name in names]
        self.size, self.refusal = size, refusal
        self.asked: list[str] = []
        self.commits: dict[str, Any] = {}
        self.visible = True

    def get(self, path: str, params: Mapping[str, Any] | None = None, *, api: Api = Api.HUB) -> Any:
        """Whatever is read."""
        self.asked.append(path if not params else f"{path}?{params.get('cursor', '')}")
        if api is Api.HUB:
            return self._commit(path)
        if self.refusal:
            raise self.refusal
        if path == "/endpoint/acme":
            start = int((params or {}).get("cursor") or 0)
            more = start + self.size < len(self.rows)
            return {
                "items": self.rows[start : start + self.size],
                "nextCursor": str(start + self.size) if more else None,
            }
        found = [r for r in self.rows if path == f"/endpoint/acme/{r['name']}"]
        if not found:
            raise NotFound("no such endpoint", status=404)
        return found[0]

    def _commit(self, path: str) -> Any:
        text = path.rsplit("/", 1)[1]
        found = self.commits.get(text)
        if isinstance(found, StatusError):
            raise found
        if found is None:
            raise NotFound("no such repository", status=404, code="RepoNotFound")
        return {"sha": found}

    def recent(self, path: str, api: Api, age: float) -> Any:
        """The catalogue."""
        assert (api, age > 60) == (Api.ENDPOINTS, True)
        self.asked.append(path)
        return EXAMPLES["providers"]

    def view(self) -> HubView:
        """As kinds see it."""
        return HubView(
            self, lambda _: self.visible, lambda f, items: list(map(f, items)), NOWHERE, self.recent
        )  # type: ignore[arg-type]


def absent(sight: Sight) -> bool:
    """Whether it is surely not there."""
    return sight.live is None and sight.problem is None


def ask(name: str, spec: Mapping[str, Any] | None = None, *, known: bool = False) -> Ask:
    """One endpoint to look at."""
    address = Address("InferenceEndpoint", "acme", name)
    return Ask(address, resource(spec or {}), Record(address, Origin.CREATED, "then") if known else None)


def seen(service: Service, *asks: Ask) -> list[Sight]:
    """What observing shows, in the order of the asks."""
    found = KIND.observe(asks, service.view())
    return [found[a.address] for a in asks]


def test_few_are_read_one_by_one() -> None:
    """With the namespace in the path, and nothing else: no manifest asks for more."""
    service = Service("a", "b")
    sights = seen(service, ask("a"), ask("b"), ask("c"))
    assert [s.live.id if s.live else None for s in sights] == ["acme/a", "acme/b", None]
    assert service.asked[:3] == ["/endpoint/acme/a", "/endpoint/acme/b", "/endpoint/acme/c"]
    assert service.asked[3:] == ["/provider/acme"], "for the one that is to be created"


def test_many_are_read_by_the_list_until_all_are_found() -> None:
    """Page by page along nextCursor; the last page is not asked for where nobody is missing."""
    service = Service(*"abcdefghij")
    assert all(s.live for s in seen(service, *(ask(n) for n in "abcdef")))
    assert service.asked == ["/endpoint/acme?", "/endpoint/acme?4"]


def test_not_listed_is_not_absent() -> None:
    """What the ledger knows is read by itself; what nobody knows is not there."""
    service = Service("a")
    service.visible = False
    *_, unknown, known = seen(service, *(ask(n) for n in "abcde"), ask("f", known=True))
    assert absent(unknown)
    assert known.problem is not None
    assert "in the ledger, and the service answers 404" in known.problem
    assert service.asked[:2] == ["/endpoint/acme?", "/endpoint/acme/f"]


def test_a_404_is_an_absence_where_the_namespace_is_seen() -> None:
    """Or where nothing was ever known of it."""
    assert absent(*seen(Service(), ask("a", known=True)))
    blind = Service()
    blind.visible = False
    assert absent(*seen(blind, ask("a")))


@pytest.mark.parametrize("refusal", [Unauthorized("no access", status=401), Forbidden("no", status=403)])
@pytest.mark.parametrize("count", [1, 7])
def test_a_refusal_is_no_absence(refusal: StatusError, count: int) -> None:
    """A token that may not look knows nothing, by the list or one by one."""
    sights = seen(Service(refusal=refusal), *(ask(f"e{n}") for n in range(count)))
    assert all(s.problem and s.live is None for s in sights)


def test_the_catalogue_is_read_where_money_changes() -> None:
    """Once for a namespace; not for endpoints that stay as they are, nor for tags."""
    service = Service("a", "b")
    same = {"compute": EXAMPLES["state_running"]["compute"]}
    del same["compute"]["id"], same["compute"]["scaling"]["metric"], same["compute"]["scaling"]["measure"]
    bigger = {"compute": {"instanceSize": "x4"}}
    quiet, loud, new = seen(service, ask("a", {**same, "tags": ["x"]}), ask("b", bigger), ask("c", NEW))
    assert CATALOGUE not in quiet.facts
    assert loud.facts[CATALOGUE] == new.facts[CATALOGUE] != ()
    assert service.asked.count("/provider/acme") == 1


def test_a_revision_is_looked_up_once_for_all() -> None:
    """And not at all where it is a whole commit."""
    service = Service("a", "b", "c")
    service.commits["v1.0"] = SHA
    tagged = {"model": {"repository": "acme/x", "revision": "v1.0"}}
    sights = seen(
        service, ask("a", tagged), ask("b", tagged), ask("c", merged(tagged, {"model": {"revision": SHA}}))
    )
    assert [s.facts for s in sights] == [{COMMITS: {"v1.0": SHA}}] * 2 + [{}]
    assert service.asked.count("/api/models/acme/x/revision/v1.0") == 1


@pytest.mark.parametrize(
    ("refusal", "sees", "facts"),
    [
        (NotFound("no", status=404, code="RevisionNotFound"), True, {COMMITS: {"v1.0": None}}),
        (NotFound("no", status=404, code="RepoNotFound"), True, {}),
        (NotFound("no", status=404, code="RepoNotFound"), False, {FOREIGN: True}),
        (Forbidden("gated", status=403), True, {FOREIGN: True}),
    ],
)
def test_a_revision_that_cannot_be_looked_up(refusal: StatusError, sees: bool, facts: Any) -> None:
    """Not made yet, in a repository not made yet, or in one out of sight."""
    service = Service("a")
    service.commits["v1.0"], service.visible = refusal, sees
    (sight,) = seen(service, ask("a", {"model": {"repository": "other/x", "revision": "v1.0"}}))
    assert sight.facts == facts
