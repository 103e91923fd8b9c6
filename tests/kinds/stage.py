"""Where a case is played: a Sandbox in the case's state, a project folder, and hfops's engine between them."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from typing import Any
from urllib.parse import quote

import requests

from hfops.engine.apply.run import Context
from hfops.engine.apply.scheduler import Pace, apply_plan
from hfops.engine.ledger.format import LedgerForm, to_entry
from hfops.engine.ledger.session import Ledger
from hfops.engine.ledger.store import FileStore, NoStore
from hfops.engine.load import data_files, inventory
from hfops.engine.planning import Prepared, prepare, take_over
from hfops.engine.view import hub_view
from hfops.engine.work import Scope
from hfops.hub.config import Settings as HubSettings
from hfops.hub.connection import Connections, open_connections
from hfops.hub.token import Token
from hfops.manifest.loader import load
from hfops.manifest.local import Local
from hfops.manifest.project import effective, load_project
from hfops.model.call import Api, Call
from hfops.model.outcome import Result
from hfops.model.problem import Problems
from hfops.sandbox.repos import Kind, Repo
from hfops.sandbox.server import Sandbox
from tests.kinds.case import Case, Commit, filled, parsed_call
from tests.machine import machine_of, vault_of

PROJECT = "{apiVersion: hfops/v1, kind: Project, metadata: {name: test}, spec: {namespace: acme}}\n"
NEVER = "0" * 40


@dataclass
class Stage:
    """One case, ready to be planned."""

    sandbox: Sandbox
    connections: Connections
    folder: Path
    case: Case

    def fill(self, value: Any) -> Any:
        """``value`` with the placeholders resolved against the Hub as it is now."""
        return filled(value, self._look_up)

    def _look_up(self, what: str, arguments: Sequence[str]) -> str:
        if what == "now":
            return datetime.now(UTC).isoformat()
        kind, _, repo_id = arguments[0].partition("/")
        hub = self.sandbox.hub
        repo = hub.find(Kind(kind.lower()), repo_id)
        assert repo is not None, f"no {arguments[0]} to take the {what} of"
        if what == "id":
            return repo.uid
        found = _commit(repo, arguments[1])
        return {"short": found[:7], "UPPER": found.upper()}.get(what, found)

    def settle_in(self) -> None:
        """Make the Hub and the ledger what the case says they are."""
        for step in self.case.happened:
            self._happen(step)
        (self.folder / "manifests.yaml").write_text(self.fill(self.case.manifests), encoding="utf-8")
        for name, text in self.case.files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(self.fill(text), encoding="utf-8")
        if self.case.ledger != "none":
            form = {
                "project": "test",
                "serial": 1,
                "entries": self.case.ledger,
                "intentions": self.case.intentions,
            }
            FileStore(self.ledger_path).write(LedgerForm.model_validate(self.fill(form)))
        self.sandbox.exchanges.clear()

    def _happen(self, step: str | Commit) -> None:
        if isinstance(step, Commit):
            kind, _, repo_id = step.commit.partition("/")
            path = f"/api/{kind.lower()}s/{repo_id}/commit/{quote(step.branch, safe='')}"
            content = base64.b64encode(step.path.encode()).decode()
            lines = [
                {"key": "header", "value": {"summary": f"add {step.path}"}},
                {"key": "file", "value": {"path": step.path, "content": content, "encoding": "base64"}},
            ]
            data = "".join(json.dumps(line) + "\n" for line in lines)
            query = "?create_pr=1" if step.pull_request else ""
            self.request("POST", path + query, data=data, headers={"Content-Type": "application/x-ndjson"})
        else:
            method, path, body = parsed_call(self.fill(step))
            self.request(method, path, json=body)

    def request(self, method: str, path: str, status: int = 200, **more: Any) -> Any:
        """One request of somebody else's, which must be answered with ``status``."""
        headers = {"Authorization": "Bearer hf_sandbox", **more.pop("headers", {})}
        url = self.sandbox.url + path
        answer = requests.request(method, url, headers=headers, timeout=10, allow_redirects=False, **more)
        assert answer.status_code == status, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content and "json" in answer.headers.get("content-type", "") else None

    @property
    def ledger_path(self) -> Path:
        """Where the ledger is."""
        return self.folder / ".hfops" / "ledger.json"

    def ledger(self) -> Ledger:
        """The ledger as it is stored."""
        store = NoStore() if self.case.ledger == "none" else FileStore(self.ledger_path)
        return Ledger(store, "test", None)

    def plan(self, ledger: Ledger) -> Prepared:
        """Plan as a run over the whole project would."""
        settings = effective(load_project(self.folder), None)
        local = Local(self.folder)
        loaded = load((self.folder,), self.folder, settings, {}, names=lambda d: data_files(d, self.folder))
        found = inventory(loaded, settings.namespace, local)
        options = self.case.options
        view = hub_view(self.connections.reader, 4, local)
        vault = vault_of(found, self.case.env, view=view, local=local)
        if problems := vault.problems():
            raise Problems(problems)
        scope = Scope(
            found.resources,
            whole=True,
            prune=options.prune,
            send_unverified=options.send_unverified,
            vault=vault,
            rotate=tuple(options.rotate),
            retry_failed=options.retry_failed,
        )
        return prepare(found, scope, ledger, view, options.today)

    def apply(self, prepared: Prepared, ledger: Ledger) -> Result:
        """Apply with every risk taken, as a run does once it holds the ledger's lock."""
        take_over(prepared, ledger)
        context = Context(
            writer=self.connections.writer(),
            hub=hub_view(self.connections.reader, 4, Local(self.folder)),
            ledger=ledger,
            resources={r.address: r for r in prepared.inventory.resources},
            today=self.case.options.today,
            stop=Event(),
            emit=lambda _: None,
            machine=machine_of(prepared.scope.vault, self.connections, self.sandbox.url, Local(self.folder)),
            ask=prepared.scope.ask,
            quick=True,
        )
        return apply_plan(prepared.plan, context, Pace(4))

    def entries(self) -> dict[str, Any]:
        """The stored ledger's entries, in their JSON form."""
        records = self.ledger().records
        return {str(a): to_entry(r).model_dump(mode="json", by_alias=True) for a, r in records.items()}

    def writes(self) -> list[tuple[str, str, Any]]:
        """Every write that was sent since the stage was set."""
        return [
            (e.method, e.path, _parsed(e.body))
            for e in self.sandbox.exchanges
            if e.method not in ("GET", "HEAD")
        ]


def _parsed(body: bytes) -> Any:
    """A body as it was planned: NDJSON is a list."""
    try:
        return json.loads(body) if body else None
    except json.JSONDecodeError:
        return [json.loads(line) for line in body.splitlines()]


def _commit(repo: Repo, text: str) -> str:
    """The commit of ``branch``, ``tag``, or ``branch~2``; of 40 zeros where the case wants one that is not there."""
    name, _, steps = text.partition("~")
    found = repo.git.resolve(name)
    for _ in range(int(steps or 0)):
        found = repo.git.at(found.parent or NEVER)
    return found.id


@contextmanager
def set_stage(case: Case, folder: Path) -> Iterator[Stage]:
    """A fresh Sandbox and project folder in the state that ``case`` describes."""
    (folder / "hfops.yaml").write_text(PROJECT, encoding="utf-8")
    with Sandbox(case.hub, transition_time=0.05) as sandbox:
        hub = HubSettings.from_env({"HF_ENDPOINT": sandbox.url})
        with open_connections(hub, Token(case.options.token, "the case")) as connections:
            stage = Stage(sandbox, connections, folder, case)
            stage.settle_in()
            yield stage


def sent_as(call: Call) -> re.Pattern[str]:
    """What the path of a planned call may look like once its deferred values are known."""
    path = re.escape(("/v2" if call.api is Api.ENDPOINTS else "") + call.path)
    for name in call.slots:
        path = path.replace(re.escape("{" + name + "}"), ".+")
    return re.compile(path)
