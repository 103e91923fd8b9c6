"""Two rules at once: what either refuses is refused, and says by whom."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hfops.model.address import Address
from hfops.model.call import Call
from hfops.model.change import Action, Change
from hfops.model.cost import Bill, Cost
from hfops.model.directives import Allowance, Directives
from hfops.model.plan import Plan
from hfops.model.record import Origin, Record
from hfops.model.resource import Resource
from hfops.model.risk import Risk, RiskCode, RiskKind
from hfops.review.gate import Refusal
from hfops.review.loosened import loosened
from hfops.review.reviewed import refused, reviewed
from hfops.review.rules import BY_BASE, Asked, Gates, Rules, both
from hfops.review.ways import FIRST, LEDGER, ON_PIPELINE, UNDESCRIBED, UNPROTECT, WAIVER
from tests.review.ruling import LATER, PAST, SOON, TODAY, allow, model, removed, rules, waived

quick = settings(deadline=None, max_examples=60)

OFF: dict[str, Any] = {"use": "recommended", "severity": "off"}
NAMES = ("a", "b", "c")
RISKS = (
    Risk(RiskKind.EXPOSURE, RiskCode.VISIBILITY_RAISED, "open"),
    Risk(RiskKind.DATA_LOSS, RiskCode.REPO_DELETED, "gone"),
    Risk(RiskKind.EXPOSURE, RiskCode.WEBHOOK_NEW_HOST, "a new host", host="ci.acme.example"),
    Risk(RiskKind.DOWNTIME, RiskCode.SPACE_RESTART, "restarts"),
)
PATTERNS = st.sampled_from([*(f"Model/acme/{n}" for n in NAMES), "Model/acme/*", "*/*/*"])
UNTIL = st.sampled_from([None, PAST, SOON, LATER])
EXPRESSIONS = st.sampled_from(["after.gated == 'manual'", "change.action != 'delete'", "change.risks == []", "resource.labels.t == 'x'"])  # fmt: skip


@st.composite
def resources(draw: st.DrawFn) -> list[Resource]:
    """Manifests of some of the names."""
    found = []
    for name in NAMES:
        if draw(st.booleans()):
            waivers = waived("p", draw(st.sampled_from([PAST, SOON]))) if draw(st.booleans()) else ()
            labels = draw(st.sampled_from([{}, {"t": "x"}]))
            protect = draw(st.booleans())
            found.append(model(name, labels=labels, waivers=waivers, prevent_destroy=protect))
    return found


@st.composite
def directives(draw: st.DrawFn) -> Directives:
    """Consent and removals."""
    risk = st.sampled_from(["exposure", "data-loss", "cost"])
    consent = [allow(draw(PATTERNS), draw(UNTIL), draw(risk)).allow for _ in range(draw(st.integers(0, 2)))]
    entries = [
        removed(
            draw(PATTERNS), draw(st.sampled_from(["delete", "forget"])), override=draw(st.booleans())
        ).removed
        for _ in range(draw(st.integers(0, 2)))
    ]
    return Directives(
        removed=tuple(e for es in entries for e in es), allow=tuple(a for c in consent for a in c)
    )


@st.composite
def ruling(draw: st.DrawFn) -> Rules:
    """Any rules."""
    limit = st.sampled_from([None, 0, 0.5, 5])
    hosts = st.sampled_from([None, [], ["*.acme.example"], ["other"]])
    safety: dict[str, Any] = {
        "maxDeletes": draw(st.integers(0, 3)),
        "maxHourlyIncrease": draw(limit),
        "webhookHosts": draw(hosts),
    }
    rule = {
        "name": "p",
        "require": draw(EXPRESSIONS),
        "severity": draw(st.sampled_from(["error", "warning"])),
    }
    more = draw(st.sampled_from([{}, {"match": {"labels": {"t": "x"}}}, {"until": PAST}]))
    policies = [OFF, rule | more] if draw(st.booleans()) else [OFF]
    return rules(
        *draw(resources()), policies=policies, directives=draw(directives()), safety=safety,
        unmanaged=draw(st.sampled_from(["fail", "report"])),
    )  # fmt: skip


@st.composite
def plans(draw: st.DrawFn, head: Rules) -> Plan:
    """A plan that may come from these manifests: what they describe is changed, what they do not, is deleted."""
    made = []
    for name in NAMES:
        address = Address("Model", "acme", name)
        described = head.resources.get(address)
        action = (
            draw(st.sampled_from([Action.CREATE, Action.UPDATE, Action.REPLACE]))
            if described
            else Action.DELETE
        )
        risks = draw(st.lists(st.sampled_from(RISKS), max_size=2, unique=True))
        protected = described.lifecycle.prevent_destroy if described else draw(st.booleans())
        where = head.directives.removed[0].where if head.directives.removed and not described else None
        record = Record(address, Origin.CREATED, prevent_destroy=draw(st.booleans()))
        bill = draw(st.sampled_from([None, Bill(Cost(0, 0), Cost(0, 1))]))
        made.append(
            Change(
                address, action, calls=(Call("PUT", "/p"),), own_risks=tuple(risks), prevent_destroy=protected,
                where=where, record=record, bill=bill,
            )
        )  # fmt: skip
    strays = (Address("Model", "acme", "stray"),) if draw(st.booleans()) else ()
    return Plan(tuple(made), owned=draw(st.sampled_from([3, 20])), unmanaged=strays)


def said(plan: Plan, gates: Gates) -> list[tuple[str, str]]:
    """Every refusal: its code, and its words without a word on who refuses."""
    found = reviewed(plan, gates)
    return [(r.code, r.message.removesuffix(BY_BASE)) for r in refused(found.plan, found, gates)]


def lenient(head: Rules) -> Rules:
    """The same manifests under rules that let everything by."""
    anything = Directives(allow=tuple(Allowance(kind) for kind in RiskKind))
    return rules(
        *head.resources.values(), policies=[OFF], directives=anything,
        safety={"maxDeletes": 99, "maxDeletePercent": 100},
    )  # fmt: skip


@quick
@given(data=st.data())
def test_both_refuse_what_each_refuses(data: st.DataObject) -> None:
    """Whatever the rules: what is refused is what either refuses alone, no more and no less, and each once."""
    head, base = data.draw(ruling()), data.draw(ruling())
    plan = data.draw(plans(head))
    asked = Asked(max_deletes=data.draw(st.sampled_from([None, 2])))
    together = said(plan, Gates(head, TODAY, asked, base))
    alone = said(plan, Gates(head, TODAY, asked))
    by_base = said(plan, Gates(lenient(head), TODAY, asked, base))
    assert set(together) == {*alone, *by_base}
    assert len(together) == len(set(together))


@quick
@given(data=st.data())
def test_a_gate_that_is_not_touched(data: st.DataObject) -> None:
    """Rules that both have alike refuse what they refuse alone, unless a change stands for what its tree has not."""
    head = data.draw(ruling())
    plan = data.draw(plans(head))
    stays = (Action.CREATE, Action.UPDATE)
    plan = replace(plan, changes=tuple(c for c in plan.changes if c.action in stays))
    assert said(plan, Gates(head, TODAY, base=head)) == said(plan, Gates(head, TODAY))
    assert loosened(head, head, TODAY) == ()


@quick
@given(data=st.data())
def test_less_of_a_plan_risks_no_more(data: st.DataObject) -> None:
    """What is left of a plan that was reviewed is refused for no more than the whole."""
    head, base = data.draw(ruling()), data.draw(ruling())
    plan, gates = data.draw(plans(head)), Gates(head, TODAY, base=base)
    found = reviewed(plan, gates)
    part = replace(found.plan, changes=found.plan.changes[: data.draw(st.integers(0, 3))])
    whole = {(r.code, r.address) for r in refused(found.plan, found, gates)}
    assert {(r.code, r.address) for r in refused(part, found, gates)} <= whole


def change(*risks: Risk, action: Action = Action.UPDATE, **more: Any) -> Change:
    """A change of a model."""
    return Change(Address("Model", "acme", "a"), action, calls=(Call("PUT", "/p"),), own_risks=risks, **more)


def test_who_refuses() -> None:
    """Alone, the base says so; where it refuses, no edit of these manifests is offered; else all ways are."""
    plan = Plan((change(RISKS[0]),))
    consent = rules(model(), directives=allow("Model/acme/a"))

    def of(head: Rules, base: Rules) -> Refusal:
        gates = Gates(head, TODAY, base=base)
        (found,) = refused(plan, reviewed(plan, gates), gates)
        return found

    way = "`--allow exposure=Model/acme/a`"
    merged = f"consent {FIRST}: a Changes document with `allow: [{{risk: exposure, address: Model/acme/a, reason: …}}]`"
    theirs, shared, own = (
        of(consent, rules(model())),
        of(rules(model()), rules(model())),
        of(rules(model()), consent),
    )
    assert (theirs.base, theirs.message, theirs.ways) == (
        True,
        f"exposure: Model/acme/a: open{BY_BASE}",
        (ON_PIPELINE + way, merged),
    )
    assert (shared.base, shared.message, shared.ways) == (
        True,
        "exposure: Model/acme/a: open",
        (ON_PIPELINE + way, merged),
    )
    assert (own.base, own.ways[0], len(own.ways)) == (False, way, 2)
    assert "base" not in own.to_json()


@pytest.mark.parametrize(
    ("refusal", "ways"),
    [
        (Refusal("max_deletes", "", ("`--max-deletes 3`", "in hfops.yaml: `x`")),
         (f"{ON_PIPELINE}`--max-deletes 3`", f"in hfops.yaml: `x`, {FIRST}")),
        (Refusal("unmanaged", "", (UNDESCRIBED, "in hfops.yaml: `x`")), (UNDESCRIBED, f"in hfops.yaml: `x`, {FIRST}")),
        (Refusal("prevent_destroy", "", ("take it out", "override")), (UNPROTECT,)),
        (Refusal("policy", "", ("waive it", "mend it")), (WAIVER,)),
        (Refusal("ledger_moved", ""), (LEDGER,)),
    ],
    ids=lambda v: v.code if isinstance(v, Refusal) else "",
)  # fmt: skip
def test_ways_past_the_base(refusal: Refusal, ways: tuple[str, ...]) -> None:
    """Each sort of refusal has its own: what the pipeline may say, and what is merged before, by itself."""
    (found,) = both([], [refusal])
    assert found.ways == ways


def test_a_waiver_that_the_base_does_not_have_is_not_said_to_be_in_force() -> None:
    """No notice beside the refusal; merged, it is one; and it stays one where the base refuses something else."""
    policies = [{"name": "p", "require": "false"}, {"name": "q", "require": "false"}]
    plan = Plan((change(),))
    head = rules(model(waivers=waived("p")), policies=policies[:1])
    for base, told, refuses in (
        (rules(model(), policies=policies[:1]), [], ["p: require: false" + BY_BASE]),
        (head, ["policy_waived"], []),
        (
            rules(model(waivers=waived("p")), policies=policies),
            ["policy_waived"],
            ["q: require: false" + BY_BASE],
        ),
    ):
        found = reviewed(plan, Gates(head, TODAY, base=base))
        assert [n.code for n in found.plan.notices] == told
        assert [r.reason for r in found.refusals] == refuses


def test_a_waiver_under_a_new_name_is_not_said_to_be_in_force() -> None:
    """The base refuses it by its old name."""
    policy = {"name": "p", "require": "false"}
    plan = Plan((change(moved_from=Address("Model", "acme", "old")),))
    gates = Gates(
        rules(model(waivers=waived("p")), policies=[policy]),
        TODAY,
        base=rules(model("old"), policies=[policy]),
    )
    found = reviewed(plan, gates)
    assert ([n.code for n in found.plan.notices], bool(found.refusals)) == ([], True)


def test_the_command_line_counts_for_both() -> None:
    """Consent and limits of the pipeline's own command line hold against either."""
    gone = change(RISKS[1], action=Action.DELETE)
    base = rules(safety={"maxDeletes": 0})
    consent = (Allowance(RiskKind.DATA_LOSS),)
    for asked, codes in ((Asked(), ["data_loss", "max_deletes"]), (Asked(consent, max_deletes=1), [])):
        gates = Gates(rules(), TODAY, asked, base)
        plan = Plan((gone,))
        assert sorted(r.code for r in refused(plan, reviewed(plan, gates), gates)) == codes


def test_protection_of_the_base() -> None:
    """What the base's manifest or the ledger protects is protected; only an override that the base has counts."""
    protected, entry = rules(model(prevent_destroy=True)), removed("Model/acme/a", override=True)
    recorded = Record(Address("Model", "acme", "a"), Origin.CREATED, prevent_destroy=True)
    for base, record, codes in (
        (protected, None, ["prevent_destroy"]),
        (rules(), recorded, ["prevent_destroy"]),
        (rules(), None, []),
        (rules(model(prevent_destroy=True), directives=entry), recorded, []),
    ):
        plan = Plan((change(action=Action.DELETE, record=record),))
        gates = Gates(rules(directives=entry), TODAY, base=base)
        assert [r.code for r in refused(plan, reviewed(plan, gates), gates)] == codes
    renamed = change(action=Action.REPLACE, moved_from=Address("Model", "acme", "old"))
    gates = Gates(rules(), TODAY, base=rules(model("old", prevent_destroy=True)))
    assert [r.code for r in refused(Plan((renamed,)), reviewed(Plan((renamed,)), gates), gates)] == [
        "prevent_destroy"
    ]


def test_warnings_of_the_base() -> None:
    """A policy that only warned still warns where the head took it away; what ended or is waived there is no news."""
    warns = {"name": "p", "require": "false", "severity": "warning"}
    ended = {"name": "q", "require": "false", "until": PAST}
    plan = Plan((change(),))
    base = rules(model(), policies=[warns, ended])
    told = reviewed(plan, Gates(rules(model()), TODAY, base=base)).plan.notices
    assert [(n.code, n.message) for n in told] == [("policy", f"p: require: false{BY_BASE}")]
    same = reviewed(plan, Gates(base, TODAY, base=base)).plan.notices
    assert sorted(n.code for n in same) == ["policy", "policy_ended"]


def test_each_once() -> None:
    """The same words are one refusal; a limit of either is told with its own number."""
    one, other = Refusal("max_deletes", "limit 1"), Refusal("max_deletes", "limit 2")
    assert [r.message for r in both([one], [one])] == ["limit 1"]
    assert [(r.message, r.base) for r in both([one], [other])] == [
        ("limit 1", False),
        (f"limit 2{BY_BASE}", True),
    ]


def test_a_new_name_does_not_get_round_a_policy() -> None:
    """What is renamed keeps the policies that its old name has, and the waivers that its old manifest has."""
    policy = {"name": "p", "require": "false", "match": {"name": "old"}}
    everywhere = {"name": "p", "require": "false"}
    renamed = Plan((change(moved_from=Address("Model", "acme", "old")),))
    for policies, waivers, codes in (
        ([policy], (), ["policy"]),
        ([policy], waived(), []),
        ([everywhere], waived(), []),
    ):
        base = rules(model("old", waivers=waivers), policies=policies)
        gates = Gates(rules(model()), TODAY, base=base)
        assert [r.code for r in refused(renamed, reviewed(renamed, gates), gates)] == codes
    gates = Gates(rules(model()), TODAY, base=rules(model("old"), policies=[everywhere]))
    found = refused(renamed, reviewed(renamed, gates), gates)
    assert [str(r.address) for r in found] == ["Model/acme/a", "Model/acme/old"]


def test_risks_keep_their_order() -> None:
    """Whoever sees one of two risks changes nothing about which of them comes first in words."""
    address = Address("Model", "acme", "a")
    risks = (RISKS[2], RISKS[0])
    plan = Plan((Change(address, Action.UPDATE, calls=(Call("PUT", "/p"),), own_risks=risks),))
    trusts, asks = rules(safety={"webhookHosts": ["*.acme.example"]}), rules()
    for head, base in ((trusts, asks), (asks, trusts), (asks, asks)):
        gates = Gates(head, TODAY, Asked(), base)
        found = reviewed(plan, gates)
        assert found.plan.changes[0].risks == risks
        said = [r.reason for r in refused(found.plan, found, gates)]
        assert any(reason.startswith("a new host; open") for reason in said)
