"""The calls that bring a webhook about. Pure: differences in, calls out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hfops.kinds.base import Ask, Sight
from hfops.kinds.scene import Found
from hfops.kinds.webhook.compare import DOMAINS, ENABLED, SECRET, WATCHED, compare_secret
from hfops.kinds.webhook.job import JOB, SECRETS, SOURCE, changed_job, said, sent_back, sent_secrets
from hfops.kinds.webhook.live import BASE, LiveWebhook, digest
from hfops.kinds.webhook.scene import Scene
from hfops.kinds.webhook.spec import DOMAINS as EVERY_DOMAIN
from hfops.kinds.webhook.target import URL
from hfops.kinds.webhook.watched import rows, worded
from hfops.model.call import Call, Deferred, Repeat
from hfops.model.change import Difference
from hfops.model.problem import Problems

MADE = Deferred("id of the new webhook", "", ("webhook", "id"), answer=True)


def webhook_calls(ask: Ask, sight: Sight, differences: Sequence[Difference]) -> tuple[Call, ...]:
    """Creation or update, then the switch."""
    plan = _Plan(Scene(ask, sight), {d.key[0]: d for d in differences})
    if sight.live is None:
        return tuple(plan.creation())
    return tuple(plan.update(sight.live))


def delete_call(live: LiveWebhook) -> Call:
    """DELETE; a repeat answers 404."""
    return Call("DELETE", live.path, None, "delete the webhook", Repeat.CONFLICT)


@dataclass(frozen=True, slots=True)
class _Plan:
    """One webhook's differences by field, and how they become calls."""

    scene: Scene
    differing: Mapping[str, Difference]

    @property
    def fields(self) -> list[Difference]:
        """What the create and update calls carry."""
        return [d for name, d in self.differing.items() if name != ENABLED]

    def creation(self) -> list[Call]:
        """One that is to be off is created first, for creation has no such field."""
        off = self.scene.spec.enabled is False
        achieves = [d.path for n, d in self.differing.items() if not (off and n == ENABLED)]
        body = {**self._target(None), **self._lists(None), **self._new_secret()}
        watched = worded(rows(self.scene.spec.watched or ()))
        create = Call("POST", BASE, body, f"create the webhook, for {watched}", Repeat.ONCE, tuple(achieves))
        return [create, self._switch(None)] if off else [create]

    def update(self, live: LiveWebhook) -> list[Call]:
        """The update call wants the whole: what is not to be changed is sent back as it is."""
        calls = []
        if self.fields:
            body = {**self._target(live), **self._lists(live), **self._secret(live)}
            names = ", ".join(d.key[0] for d in self.fields)
            achieves = tuple(d.path for d in self.fields)
            calls.append(Call("POST", live.path, body, f"update the webhook: {names}", Repeat.SAME, achieves))
        return [*calls, self._switch(live)] if ENABLED in self.differing else calls

    def _switch(self, live: LiveWebhook | None) -> Call:
        word = "enable" if self.scene.spec.enabled else "disable"
        achieves = (self.differing[ENABLED].path,) if ENABLED in self.differing else ()
        if live is not None:
            return Call("POST", f"{live.path}/{word}", None, f"{word} it", Repeat.SAME, achieves)
        path = f"{BASE}/{{id}}/{word}"
        return Call("POST", path, None, f"{word} it", Repeat.SAME, achieves, slots={"id": MADE})

    def _lists(self, live: LiveWebhook | None) -> dict[str, Any]:
        watched = [dict(row) for row in live.watched] if live else []
        domains = list(live.domains) if live else []
        return {
            "watched": self._after(WATCHED, watched),
            "domains": self._after(DOMAINS, domains) or list(EVERY_DOMAIN),
        }

    def _after(self, name: str, otherwise: Any) -> Any:
        return self.differing[name].after if name in self.differing else otherwise

    def _target(self, live: LiveWebhook | None) -> dict[str, Any]:
        """Whom it tells, or what it runs: exactly one of three."""
        if URL in self.differing or SOURCE in self.differing:
            name = URL if URL in self.differing else SOURCE
            return {name: self.differing[name].after}
        if live is not None and live.url is not None and not {JOB, SECRETS} & self.differing.keys():
            return {URL: live.url.whole or _read(live, "url")}
        secrets = sent_secrets(self.scene, self.differing.get(SECRETS))
        return {JOB: {**self._job(live), **({"secrets": secrets} if secrets else {})}}

    def _job(self, live: LiveWebhook | None) -> dict[str, Any]:
        """The job, secrets aside: what is not to be changed of it goes back as it is."""
        wanted = {} if self.scene.spec.job is None else said(self.scene.spec.job)
        if live is None or live.job is None:
            return wanted
        return changed_job(wanted, live.job) if JOB in self.differing else sent_back(live.job)

    def _new_secret(self) -> dict[str, Any]:
        return {SECRET: self.differing[SECRET].after} if SECRET in self.differing else {}

    def _secret(self, live: LiveWebhook) -> dict[str, Any]:
        """A secret that is left out would be taken away."""
        if SECRET in self.differing:
            return self._new_secret()
        if not live.has_secret:
            return {}
        reference = self.scene.secret
        if reference is not None and self._agrees(live):
            return {SECRET: reference}
        if live.masked:
            message = "it has a secret that the Hub does not show, and this update would take it away"
            hint = "name it here, by reference, and run with --send-unverified"
            raise Problems([self.scene.problem(SECRET, message, hint)])
        return {SECRET: _read(live, "secret")}

    def _agrees(self, live: LiveWebhook) -> bool:
        """Whether the manifest's secret is the live one, or the one that was sent."""
        reference, found = self.scene.secret, Found()
        assert reference is not None
        compare_secret(self.scene, found)
        if found.differences or found.unverified or found.problems:
            return False
        text = self.scene.text(reference)
        return live.masked or (text is not None and digest(text) == live.secret)


def _read(live: LiveWebhook, name: str) -> Deferred:
    """What is there, read right before it is sent back; masked from then on."""
    return Deferred(f"present {name}", live.path, ("webhook", name), secret=True)
