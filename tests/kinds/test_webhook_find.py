"""Finding a webhook: the Hub gives it an id and no name, and nobody's is to be taken for another's."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pytest

from hfops.hub.errors import Forbidden
from hfops.model.late import Named
from tests.kinds.webhooks import (
    KIND,
    MODEL,
    NEW,
    ONE,
    ORG,
    THREE,
    TWO,
    URL,
    Hub,
    Safe,
    ask,
    ids,
    observed,
    resource,
    row,
)

OTHER = "https://ci.acme.example/other"
JOB = {"dockerImage": "python:3.12", "flavor": "cpu-basic"}


def test_one_list_serves_all_and_what_it_holds_is_hidden_at_once() -> None:
    """One read, and every secret and query in it is masked from then on, whosever it is."""
    hub = Hub([row(ONE, secret="canary-one"), row(TWO, url=f"{URL}?token=canary-two", secret="canary-three")])
    asks = [ask(NEW, "a", known=ONE), ask({**NEW, "url": OTHER}, "b")]
    sights = KIND.observe(asks, hub.view())
    assert hub.reads.paths == ["/api/settings/webhooks"]
    assert {"canary-one", "canary-two", "canary-three", "token=canary-two"} <= set(hub.hidden)
    assert "canary" not in repr(sights)


def test_by_the_ledgers_id_whatever_it_has_become() -> None:
    """Url and watched may both be others by now, and another webhook may have them."""
    rows = [row(ONE, url=OTHER, watched=[MODEL]), row(TWO)]
    assert ids([ask(NEW, known=ONE)], rows) == {"ci": ONE}


def test_what_the_ledger_knew_and_the_list_lacks_is_gone() -> None:
    """The list is all that the user has; what stands in for it now is found as any other."""
    assert ids([ask(NEW, known=THREE)], [row(ONE, url=OTHER)]) == {"ci": None}
    assert ids([ask(NEW, known=THREE)], [row(ONE)]) == {"ci": ONE}
    assert ids([ask(None, known=THREE)], [row(ONE)]) == {"ci": None}


def test_by_a_url_that_one_has() -> None:
    """Even if it watches something else: that is a difference."""
    assert ids([ask(NEW)], [row(ONE, watched=[MODEL]), row(TWO, url=OTHER)]) == {"ci": ONE}
    assert ids([ask(NEW)], [row(ONE, url=f"{URL}?x=1")]) == {"ci": None}, "another query is another url"


def test_by_what_is_watched_where_several_have_the_url() -> None:
    """In any order and any case; else nobody guesses, and the ids are named."""
    rows = [row(ONE, watched=[MODEL]), row(TWO, watched=[MODEL, {"type": "org", "name": "ACME"}])]
    assert ids([ask({**NEW, "watched": [ORG, MODEL]})], rows) == {"ci": TWO}
    found = observed([ask(NEW)], rows)["ci"]
    assert found.problem is not None
    assert ONE in found.problem
    assert TWO in found.problem
    assert found.hint == f"write the id of the one that is meant: spec.id: {ONE}"


def test_by_a_pin() -> None:
    """An id in the manifest decides; one that is not there, or somebody's, or contradicts the ledger, is said."""
    rows = [row(ONE), row(TWO)]
    assert ids([ask({**NEW, "id": TWO})], rows) == {"ci": TWO}
    assert "no webhook with the id" in str(ids([ask({**NEW, "id": THREE})], rows)["ci"])
    assert "belongs to Webhook/hfops-user/a" in str(
        ids([ask(NEW, "a", known=ONE), ask({**NEW, "id": ONE}, "b")], rows)["b"]
    )
    assert f"the ledger knows it as {ONE}" in str(ids([ask({**NEW, "id": TWO}, known=ONE)], rows)["ci"])


def test_what_another_manifest_has_is_not_taken() -> None:
    """Of two with one url, the second is created beside the first."""
    asks = [ask({**NEW, "watched": [MODEL]}, "a", known=ONE), ask(NEW, "b")]
    assert ids(asks, [row(ONE, watched=[MODEL])]) == {"a": ONE, "b": None}
    asks = [ask(NEW, "a"), ask({**NEW, "watched": [MODEL]}, "b")]
    assert ids(asks, [row(ONE, watched=[MODEL])]) == {"a": None, "b": ONE}, "exact ones first"


def test_two_manifests_that_want_the_same_one_are_told_apart_or_refused() -> None:
    """Neither fits exactly; or both would, and a lost answer could not be told from the other's success."""
    asks = [ask(NEW, "a"), ask({**NEW, "watched": [MODEL]}, "b")]
    found = ids(asks, [row(ONE, watched=[ORG, MODEL])])
    assert all("cannot be told" in str(found[n]) for n in "ab")
    twins = ids([ask(NEW, "a"), ask({**NEW, "domains": ["repo"]}, "b")], [])
    assert all("watches the same" in str(twins[n]) for n in "ab")
    late = ids([ask(NEW, "a", known=ONE), ask(NEW, "b")], [row(ONE)])
    assert late["a"] == ONE
    assert "watches the same" in str(late["b"])
    pinned = [ask(NEW, "a", known=ONE), ask({**NEW, "id": TWO}, "b")]
    assert ids(pinned, [row(ONE), row(TWO)]) == {"a": ONE, "b": TWO}


INTENDED: dict[Any, Any] = {
    ("url",): {"value": URL},
    ("watched",): [ORG],
    ("domains",): ["repo", "discussion"],
}


def test_what_an_interrupted_run_made_is_found_by_what_it_was_to_be() -> None:
    """Whatever the manifest says by now, and where it is gone; nothing that the run would not have made."""
    changed = {"url": OTHER, "watched": [MODEL]}
    assert ids([ask(changed, intended=INTENDED)], [row(ONE)]) == {"ci": ONE}
    assert ids([ask(None, intended=INTENDED)], [row(ONE)]) == {"ci": ONE}
    assert ids([ask(None, intended=INTENDED)], [row(ONE, watched=[MODEL])]) == {"ci": None}
    assert ids([ask(None, intended=INTENDED)], [row(ONE, domains=["repo"])]) == {"ci": None}
    assert ids([ask(changed, intended=INTENDED)], [row(ONE), row(THREE), row(TWO)]) == {"ci": THREE}, (
        "the newest"
    )
    assert ids([ask(None, "a", known=ONE), ask(changed, "b", intended=INTENDED)], [row(ONE)]) == {
        "a": ONE,
        "b": None,
    }


def test_after_an_interruption_a_url_alone_is_not_enough() -> None:
    """Then only what was interrupted is looked at, and a webhook that watches something else may be another's."""
    intended = {**INTENDED, ("watched",): [MODEL]}
    rows = [row(ONE, watched=[ORG])]
    assert ids([ask({**NEW, "watched": [MODEL]}, intended=intended)], rows) == {"ci": None}
    assert ids([ask(NEW, intended=intended)], rows) == {"ci": ONE}


HIDDEN = f"{URL}?t=1"


@pytest.mark.parametrize("seen", [{"shown": f"{URL}?***"}, {}])
def test_a_hidden_url_is_found_by_its_hash(seen: dict[str, Any]) -> None:
    """The note of an interrupted run holds no secret, and what looks the same, or like anything, is not taken for it."""
    edited = {**NEW, "url": OTHER}
    intended = {**INTENDED, ("url",): {**seen, "hash": f"#{HIDDEN}"}}
    assert ids([ask(edited, intended=intended)], [row(TWO, url=f"{URL}?t=2"), row(ONE, url=HIDDEN)]) == {
        "ci": ONE
    }
    assert ids([ask(edited, intended=intended)], [row(ONE, url=f"{URL}?t=2"), row(TWO)]) == {"ci": None}
    without = {**INTENDED, ("url",): {**seen, "hash": None}}
    assert ids([ask(edited, intended=without)], [row(ONE, url=HIDDEN)]) == {"ci": None}, (
        "nothing says it is ours"
    )


@dataclass
class OtherKey(Safe):
    """A vault whose hashes have another key than those of the ledger."""

    def same(self, reference: Named, hashed: str) -> None:
        """It cannot be told."""
        del reference, hashed


def test_a_hash_that_cannot_be_compared_is_said() -> None:
    """Then what fits may be ours or not: nothing is done before somebody says which one it is."""
    intended = {**INTENDED, ("url",): {"hash": f"#{HIDDEN}"}}
    blind = replace(ask({**NEW, "url": OTHER}, intended=intended), vault=OtherKey())
    (sight,) = observed([blind], [row(ONE, url=HIDDEN)]).values()
    assert "an interrupted run may have made one of these" in str(sight.problem)
    assert "HFOPS_LEDGER_KEY" in str(sight.hint)
    assert ids([blind], [row(ONE, url=HIDDEN, watched=[MODEL])]) == {"ci": None}
    pinned = replace(ask({**NEW, "url": OTHER, "id": ONE}, intended=intended), vault=OtherKey())
    assert ids([pinned], [row(ONE, url=HIDDEN)]) == {"ci": ONE}


def test_what_has_another_secret_is_not_what_was_made() -> None:
    """Nor what has one where none was sent, nor domains that nobody asked for."""
    keyed = {**INTENDED, ("secret",): {"hash": "#mine"}}
    del keyed["domains",]
    assert ids([ask(None, intended=keyed)], [row(ONE, secret="mine")]) == {"ci": ONE}
    for other in (row(ONE, secret="theirs"), row(ONE), row(ONE, secret="mine", domains=["repo"])):
        assert ids([ask(None, intended=keyed)], [other]) == {"ci": None}
    assert ids([ask(None, intended=INTENDED)], [row(ONE, secret="theirs")]) == {"ci": None}


def test_what_is_found_otherwise_is_no_proof_of_a_creation() -> None:
    """After an interruption, one that has the url and is not what was to be made was there, or is somebody else's."""
    intended = {**INTENDED, ("domains",): ["repo"]}
    for spec in (NEW, {**NEW, "id": ONE}):
        live = observed([ask(spec, intended=intended)], [row(ONE)])["ci"].live
        assert (live.hub_id, live.created_at) == (ONE, None)
    made = observed([ask(NEW, intended=INTENDED)], [row(ONE)])["ci"].live
    assert made.created_at is not None
    known = observed([ask(NEW, known=ONE, intended=intended)], [row(ONE)])["ci"].live
    assert known.created_at is not None


def test_an_interrupted_job_is_found() -> None:
    """By the job; of one that was copied, by its being a job."""
    made = row(ONE, url=..., job=JOB)
    watched: dict[Any, Any] = {("watched",): [ORG]}
    assert ids([ask(None, intended={**watched, ("job",): JOB})], [made]) == {"ci": ONE}
    assert ids([ask(None, intended={**watched, ("job",): {**JOB, "flavor": "t4-small"}})], [made]) == {
        "ci": None
    }
    assert ids([ask(None, intended={**watched, ("jobSourceId",): "x"})], [row(TWO), made]) == {"ci": ONE}


def test_jobs_are_found_whole() -> None:
    """The same job for what is watched; the Hub's way to write it does not matter."""
    spec = {"job": {**JOB, "timeoutSeconds": 60, "attempts": 2}, "watched": [ORG]}
    seen = {**JOB, "timeout": 60, "retry": 1, "secrets": ["KEY"], "environment": {}, "status": "x"}
    rows = [row(ONE), row(TWO, url=..., job=seen)]
    assert ids([ask(spec)], rows) == {"ci": TWO}
    assert ids([ask({**spec, "watched": [MODEL]})], rows) == {"ci": None}
    both = [*rows, row(THREE, url=..., job=seen)]
    assert "2 webhooks have its job" in str(ids([ask(spec)], both)["ci"])


def test_a_copied_job_is_never_guessed() -> None:
    """The Hub does not show what a job is a copy of: any that fits may be another's. Its id tells."""
    spec = {"jobSourceId": "x", "watched": [ORG]}
    rows = [row(ONE), row(TWO, url=..., job=JOB)]
    sight = observed([ask(spec)], rows)["ci"]
    assert "this may be it already" in str(sight.problem)
    assert sight.hint == f"write the id of the one that is meant: spec.id: {TWO}"
    assert ids([ask({**spec, "id": TWO})], rows) == {"ci": TWO}
    assert ids([ask(spec, known=TWO)], rows) == {"ci": TWO}
    assert ids([ask({**spec, "domains": ["repo"]})], rows) == {"ci": None}
    assert ids([ask({**spec, "watched": [MODEL]})], rows) == {"ci": None}


def test_a_url_that_is_not_known_now_makes_no_second_one() -> None:
    """Where something watches the same, it may be that: said, not guessed."""
    spec = {**NEW, "url": {"env": "APP_URL"}}
    assert "may be it already" in str(ids([ask(spec)], [row(ONE)])["ci"])
    assert ids([ask(spec)], [row(ONE, watched=[MODEL])]) == {"ci": None}
    assert ids([ask(spec, env={"APP_URL": URL})], [row(ONE)]) == {"ci": ONE}
    assert ids([ask({**spec, "id": ONE})], [row(ONE)]) == {"ci": ONE}


def test_a_rename_in_the_ledger_leads_both_names_to_one() -> None:
    """The old name has the entry; afterwards it is nothing any more."""
    moved = resource(NEW, "new")
    old = ask(None, "old", known=ONE)
    target, source = ask(NEW, "new", known=ONE), type(old)(old.address, moved, old.record)
    assert ids([target, source], [row(ONE)]) == {"new": ONE, "old": ONE}
    source = type(old)(old.address, moved)
    assert ids([source, target], [row(ONE)]) == {"new": ONE, "old": None}
    pinned = resource({**NEW, "id": ONE}, "new")
    asks = [type(old)(pinned.address, pinned), type(old)(old.address, pinned)]
    assert ids(list(reversed(asks)), [row(ONE)]) == {"new": ONE, "old": None}


def test_whose_token() -> None:
    """Only the token's own user's; the case of the name does not matter. Nobody without a token."""
    found = observed([ask(NEW, user="somebody")], [row(ONE)])["ci"]
    assert found.problem == "webhooks belong to the token's user, hfops-user"
    assert found.hint == "write metadata.name: hfops-user/ci, or use the token of somebody"
    assert ids([ask(NEW, user="HFOPS-User")], [row(ONE)]) == {"ci": ONE}
    assert "there is none" in str(observed([ask(NEW)], [row(ONE)], user=None)["ci"].problem)


def test_what_cannot_be_read_or_known_is_a_problem_and_no_absence() -> None:
    """A refusal, and a name that nothing is known of."""
    refusal = Forbidden("GET /api/settings/webhooks: 403", status=403)
    assert "cannot be read" in str(observed([ask(NEW)], refusal)["ci"].problem)
    assert "the ledger does not know its id" in str(observed([ask(None)], [row(ONE)])["ci"].problem)
    assert "is no list" in str(KIND.observe([ask(NEW)], Hub({"error": "x"}).view())[ask(NEW).address].problem)
