"""A plan as its reviewer gets it: risks weighed by what the project allows itself, and held against its policies. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from hfops.manifest.settings import Safety
from hfops.model.plan import Plan
from hfops.model.resource import Resource
from hfops.review.cost import weighed
from hfops.review.gate import Refusal
from hfops.review.hosts import trusting
from hfops.review.policies.judge import judged
from hfops.review.policies.policy import Policy


@dataclass(frozen=True, slots=True)
class Reviewed:
    """The plan with everything that is to be said of it, and the policies that refuse it."""

    plan: Plan
    refusals: tuple[Refusal, ...] = ()


def reviewed(
    plan: Plan, resources: Iterable[Resource], safety: Safety, policies: Sequence[Policy], today: date
) -> Reviewed:
    """``plan`` with its risks as ``safety`` sees them; warnings of policies become notices."""
    plan = trusting(weighed(plan, safety.max_hourly_increase), safety.webhook_hosts)
    verdict = judged(plan, {r.address: r for r in resources}, policies, today)
    return Reviewed(replace(plan, notices=(*plan.notices, *verdict.notices)), verdict.refusals)
