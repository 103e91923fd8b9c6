"""Every risk that hfops raises, where, and why: the register that docs/risks.md is written from.

``python -m hfops.review.dangers`` prints that page. A test holds the register against the code.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from hfops.model.risk import RiskCode, RiskKind

REPOS: Final = ("Model", "Dataset", "Space")
RUNNING: Final = ("Space", "InferenceEndpoint")

MEANINGS: Final = {
    RiskKind.DATA_LOSS: "What goes cannot be brought back by applying again.",
    RiskKind.OUTAGE: "What others use is gone, or answers under another address.",
    RiskKind.EXPOSURE: "More people can see or call something that exists, or another host gets to know things.",
    RiskKind.COST: "The bill rises by more than the project allows itself (`safety.maxHourlyIncrease`).",
    RiskKind.DOWNTIME: "Something that runs stops for a while, or starts anew.",
}


@dataclass(frozen=True, slots=True)
class Danger:
    """One risk of some kinds: when it is raised, and in which words (``…`` stands for what differs).

    ``source`` is the module that raises it, from the package.
    """

    risk: RiskKind
    code: RiskCode
    kinds: tuple[str, ...]
    when: str
    reason: str
    source: str


DANGERS: Final = (
    Danger(
        RiskKind.DATA_LOSS, RiskCode.REPO_DELETED, REPOS, "a repository is deleted, or deleted to be made anew",
        "the …, its files and their history are deleted", "kinds/repo/kind.py",
    ),
    Danger(
        RiskKind.DATA_LOSS, RiskCode.COMMITS_LOST, REPOS, "a branch or tag is deleted or moved, and its commit is on no other",
        "commit … of …[…] was found on no other branch or tag", "kinds/repo/refs.py",
    ),
    Danger(
        RiskKind.DATA_LOSS, RiskCode.SECRET_VALUE_LOST, ("Space",), "a secret is deleted",
        "a secret's value cannot be read back", "kinds/space/secrets.py",
    ),
    Danger(
        RiskKind.DATA_LOSS, RiskCode.STORAGE_LOST, ("Space",), "`storage: none` where there is storage",
        "what the storage holds is deleted", "kinds/space/compare.py",
    ),
    Danger(
        RiskKind.DATA_LOSS, RiskCode.SECRET_VALUE_LOST, ("InferenceEndpoint",), "a secret is taken out of `model.secrets`",
        "a secret's value cannot be read back", "kinds/endpoint/hidden.py",
    ),
    Danger(
        RiskKind.DATA_LOSS, RiskCode.COLLECTION_DELETED, ("Collection",), "a collection is deleted",
        "its slug, its upvotes and what others put into it are gone", "kinds/collection/kind.py",
    ),
    Danger(
        RiskKind.DATA_LOSS, RiskCode.WEBHOOK_JOB_LOST, ("Webhook",), "a webhook with a job that no manifest describes is deleted",
        "its job stands in no manifest of this project, and goes with it", "kinds/webhook/kind.py",
    ),
    Danger(
        RiskKind.DATA_LOSS, RiskCode.WEBHOOK_SECRET_LOST, ("Webhook",), "a webhook with a secret that no manifest names is deleted",
        "its secret stands in no manifest of this project, and goes with it", "kinds/webhook/kind.py",
    ),
    Danger(
        RiskKind.DATA_LOSS, RiskCode.JOB_SECRETS_LOST, ("Webhook",), "a job with secrets is replaced by something else",
        "the job's secrets cannot be read back", "kinds/webhook/job.py",
    ),
    Danger(
        RiskKind.OUTAGE, RiskCode.SPACE_DELETED, ("Space",), "a Space is deleted",
        "the app is gone for everybody who uses it", "kinds/space/kind.py",
    ),
    Danger(
        RiskKind.OUTAGE, RiskCode.SPACE_MOVED, ("Space",), "a Space is renamed",
        "the app's own address changes with its name", "kinds/space/kind.py",
    ),
    Danger(
        RiskKind.OUTAGE, RiskCode.ENDPOINT_DELETED, ("InferenceEndpoint",), "an endpoint is deleted or replaced",
        "the endpoint and its URL are gone for everybody who calls it", "kinds/endpoint/kind.py",
    ),
    Danger(
        RiskKind.EXPOSURE, RiskCode.VISIBILITY_RAISED, REPOS, "`visibility` rises: private < protected < public",
        "visibility rises from … to …", "kinds/repo/compare.py",
    ),
    Danger(
        RiskKind.EXPOSURE, RiskCode.GATING_LOOSENED, REPOS, "`gated` loosens: manual, auto, false",
        "gating loosens from … to …", "kinds/repo/compare.py",
    ),
    Danger(
        RiskKind.EXPOSURE, RiskCode.ORG_MEMBERS_LET_IN, REPOS, "`orgMembersGated` becomes false",
        "members of the organisation no longer have to ask for access", "kinds/repo/compare.py",
    ),
    Danger(
        RiskKind.EXPOSURE, RiskCode.SECRETS_ON_STATIC_SPACE, ("Space",), "a static Space has secrets",
        "a static Space shows its secrets to every visitor, in window.huggingface.variables",
        "kinds/space/sdk.py",
    ),
    Danger(
        RiskKind.EXPOSURE, RiskCode.ENDPOINT_TYPE_WIDENED, ("InferenceEndpoint",), "`type` widens: private < authenticated < public",
        "who may call it widens from … to …", "kinds/endpoint/compare.py",
    ),
    Danger(
        RiskKind.EXPOSURE, RiskCode.VISIBILITY_RAISED, ("Collection",), "`visibility` rises to public",
        "visibility rises from … to …", "kinds/collection/compare.py",
    ),
    Danger(
        RiskKind.EXPOSURE, RiskCode.GATING_LOOSENED, ("Collection",), "`gating` loosens",
        "gating loosens from … to …", "kinds/collection/compare.py",
    ),
    Danger(
        RiskKind.EXPOSURE, RiskCode.WEBHOOK_NEW_HOST, ("Webhook",), "events go to a host that `safety.webhookHosts` does not name",
        "a new host gets to know what happens: …", "kinds/webhook/target.py",
    ),
    Danger(
        RiskKind.EXPOSURE, RiskCode.WEBHOOK_UNKNOWN_HOST, ("Webhook",), "events go to a URL that planning cannot know",
        "its url is not known now (…): a new host may get to know what happens", "kinds/webhook/target.py",
    ),
    Danger(
        RiskKind.COST, RiskCode.HOURLY_INCREASE, RUNNING, "all changes together raise the bill beyond `safety.maxHourlyIncrease`",
        "up to $…/h more; …", "review/cost.py",
    ),
    Danger(
        RiskKind.DOWNTIME, RiskCode.SPACE_RESTART, ("Space",), "a call restarts a Space that runs",
        "restarts the Space once", "kinds/space/compare.py",
    ),
    Danger(
        RiskKind.DOWNTIME, RiskCode.SPACE_PAUSED, ("Space",), "`state: paused`",
        "the app stops, until somebody starts it again", "kinds/space/state.py",
    ),
    Danger(
        RiskKind.DOWNTIME, RiskCode.ENDPOINT_PAUSED, ("InferenceEndpoint",), "`state: paused`",
        "nobody is answered until it is resumed", "kinds/endpoint/state.py",
    ),
    Danger(
        RiskKind.DOWNTIME, RiskCode.ENDPOINT_SCALED_TO_ZERO, ("InferenceEndpoint",), "`state: scaledToZero`",
        "the first request after this waits until it is up again", "kinds/endpoint/state.py",
    ),
    Danger(
        RiskKind.DOWNTIME, RiskCode.ENDPOINT_RESTART, ("InferenceEndpoint",), "an endpoint is started again (`--restart`, `--retry-failed`)",
        "nobody is answered between the pause and the new start", "kinds/endpoint/state.py",
    ),
)  # fmt: skip

HEAD: Final = """# Risks

Written by `python -m hfops.review.dangers` from the register in `hfops/review/dangers.py`; a test holds that against the code.

A risk belongs to a change: a plan shows its risks first, and its JSON form lists them under `changes[].risks`, each with `risk`,
`code` and `reason`. Codes are stable: a reason has one code, whatever words it is said in, and a code has one reason. Creating something as
written is no exposure. Differences that are left alone (`ignoreChanges`, `onDrift: report`) run none.

Consent is `--allow RISK[=GLOB]`, or an entry in a `Changes` document; without it `apply`, `destroy` and `plan --strict` end with 3:

```yaml
apiVersion: hfops/v1
kind: Changes
spec:
  allow: [{risk: exposure, address: Model/acme/sentiment, reason: launch, until: 2026-12-01}]
```
"""


def page() -> str:
    """The text of docs/risks.md."""
    return "\n".join([HEAD, *(line for risk in RiskKind for line in _section(risk))])


def _section(risk: RiskKind) -> Iterator[str]:
    yield f"## `{risk.value}`\n"
    yield f"{MEANINGS[risk]} {'Needs consent.' if risk.needs_consent else 'Said, and needs no consent.'}\n"
    yield "| Code | Kind | When | What the plan says |"
    yield "|---|---|---|---|"
    for danger in DANGERS:
        if danger.risk is risk:
            yield f"| `{danger.code.value}` | {', '.join(danger.kinds)} | {danger.when} | {danger.reason} |"
    yield ""


if __name__ == "__main__":
    print(page(), end="")
