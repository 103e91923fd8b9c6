"""The shipped set ``recommended``. A rule speaks up only where the plan knows: what nobody manages breaks none."""

from __future__ import annotations

from typing import Final

from hfops.review.policies.policy import Policy, Severity

SET: Final = "recommended"

_TELLING_NAMES: Final = (
    "['_TOKEN_', '_SECRET_', '_KEY_', '_PASSWORD_', '_PASSWD_', '_APIKEY_', '_CREDENTIALS_']"
    " | select('in', '_' ~ ({names} or {{}}) | join('_ _') | upper ~ '_') | list"
)
"""Names whose last or any word tells: HF_TOKEN and API_KEY, and not MAX_TOKENS or MONKEY."""

_OUTSIDE_PROD: Final = (
    "not ([resource.environment] + resource.labels.values() | list)"
    " | map('lower') | select('in', ['prod', 'production']) | list"
)
"""Neither the environment nor any label says prod: ``env: prod``, ``tier: production``, whatever it is called."""

_FEWEST: Final = "((after.compute or {}).get('scaling') or {}).get('minReplica')"
"""Where it is not named, a new endpoint gets one replica, and an old one keeps what it has."""

_NO_README: Final = (
    "not (((after.files or []) | selectattr('path', 'equalto', 'README.md') | list)"
    " or ((after.files or []) | selectattr('from.directory', 'defined') | list)"
    " or ((after.files or []) | selectattr('from.huggingface', 'defined') | list))"
)
"""No file of the manifest is, or may be, the card."""


def _rule(name: str, kind: str, deny: str, message: str) -> Policy:
    return Policy(
        f"{SET}/{name}", deny, denies=True, message=message, severity=Severity.WARNING, kinds=(kind,)
    )


RECOMMENDED: Final = (
    _rule(
        "license-on-public-models",
        "Model",
        f"after.visibility == 'public' and (after.card or (change.action == 'create' and {_NO_README}))"
        " and not ((after.card or {}).get('metadata') or {}).get('license')",
        "a public model whose card names no license: add spec.card.metadata.license",
    ),
    _rule(
        "card-on-public-datasets",
        "Dataset",
        f"after.visibility == 'public' and change.action == 'create' and {_NO_README}"
        " and not ((after.card or {}).get('metadata') or (after.card or {}).get('template'))",
        "a public dataset without a card: add spec.card",
    ),
    _rule(
        "description-on-public-collections",
        "Collection",
        "after.visibility == 'public' and (after.description == '' or"
        " (change.action == 'create' and not after.description))",
        "a public collection that does not say what it is about: add spec.description",
    ),
    _rule(
        "https-webhooks",
        "Webhook",
        "after.url is string and not (after.url | lower).startswith('https://')",
        "a webhook whose events, and their secret, travel unencrypted: use an https:// URL",
    ),
    _rule(
        "no-public-endpoints",
        "InferenceEndpoint",
        "after.type == 'public'",
        "an endpoint that the whole internet may call at your cost: use type: authenticated or private",
    ),
    _rule(
        "scale-to-zero-on-gpu-endpoints",
        "InferenceEndpoint",
        f"{_OUTSIDE_PROD} and (after.compute or {{}}).get('accelerator') == 'gpu' and after.state != 'paused'"
        f" and ((change.action == 'create') if {_FEWEST} is none else {_FEWEST} > 0)",
        "a GPU endpoint outside production that never scales to zero: use compute.scaling.minReplica: 0, or a label such as env: prod",
    ),
    _rule(
        "sleep-on-gpu-spaces",
        "Space",
        f"{_OUTSIDE_PROD} and after.hardware and not after.hardware.startswith(('cpu', 'zero'))"
        " and after.state != 'paused'"
        " and (after.sleepTime == 'never' or (change.action == 'create' and not after.sleepTime))",
        "a GPU Space outside production that never sleeps: set spec.sleepTime, or a label such as env: prod",
    ),
    _rule(
        "no-secrets-in-variables",
        "Space",
        _TELLING_NAMES.format(names="after.variables"),
        "a variable whose name sounds like a secret, and everybody who sees the Space can read it: use spec.secrets",
    ),
    _rule(
        "no-secrets-in-endpoint-env",
        "InferenceEndpoint",
        _TELLING_NAMES.format(names="(after.model or {}).get('env')"),
        "an environment variable whose name sounds like a secret, and can be read back: use spec.model.secrets",
    ),
)
"""Each with its id; warnings unless the project file says otherwise."""
