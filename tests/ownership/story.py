"""Stories: what an author, other people and hfops do, one after the other, and what must hold all along."""

from __future__ import annotations

import itertools
import re
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hfops.sandbox.seed import plant
from hfops.sandbox.server import Sandbox
from tests.ownership.author import EDITS, Author, fits
from tests.ownership.oracle import Oracle, Wrong
from tests.ownership.runs import Ended, Fuse, How, Project
from tests.ownership.somebody import Somebody
from tests.ownership.things import Home, look

_numbers = itertools.count(1)


@dataclass(frozen=True)
class Edit:
    """The author edits manifests (tests.ownership.author)."""

    what: str
    given: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Meddle:
    """Somebody changes the Hub with the official client (tests.ownership.somebody)."""

    what: str
    given: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Apply:
    """One quiet apply, with the guards of a project that deletes little."""

    prune: bool = False
    max_deletes: int = 2


@dataclass(frozen=True)
class Moment:
    """The ``nth`` effect of a run: a request, or a write of the ledger's file. Without ``reads``, of those that change something."""

    nth: int
    reads: bool = False


@dataclass(frozen=True)
class Kill:
    """An apply that is killed, right before or after an effect."""

    at: Moment
    after: bool
    prune: bool = False


@dataclass(frozen=True)
class Both:
    """Two applies at once: the second one runs where the first was about to have an effect."""

    at: Moment
    prune: bool = False
    life: float = 0.0
    """How long a lease in a ledger on the Hub holds, in seconds."""


@dataclass(frozen=True)
class Disturbed:
    """An apply during which somebody acts, where it was about to have an effect."""

    at: Moment
    meddle: Meddle
    prune: bool = False


Step = Edit | Meddle | Apply | Kill | Both | Disturbed

RENAMED = re.compile(r"it was renamed to (\S+) on the Hub")
NEEDS_AUTHOR = (
    r"both exist",
    r"is not the one this ledger knows",
    r"it is removed here, and moved by another entry",
    r"another one is to be moved there too",
    r"no revision '",
    r"the collection of its title, .* is ",
    r"collections have the title",
    r"the Hub gives webhooks no names",
    r"it does not exist, and to create it takes",
)
"""What may keep a plan from being made, and takes an author to decide."""


def new_home(world: Sandbox) -> Home:
    """A fresh organisation, and a user who administers it."""
    n = next(_numbers)
    home = Home(f"org-{n}", f"user-{n}", f"hf_home{n}")
    orgs = [{"name": home.org, "role": "admin"}]
    plant(world.hub, {"orgs": [{"name": home.org}],
                      "users": [{"name": home.user, "token": home.token, "orgs": orgs}]}, "seed")  # fmt: skip
    return home


@dataclass
class Stage:
    """One story under way."""

    world: Sandbox
    on_hub: bool
    folder: Path
    trace: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.home = new_home(self.world)
        self.author = Author(self.home)
        self.somebody = Somebody(self.world.hub, self.world.url, self.home)
        self.oracle = Oracle(self.home)
        self.project = Project(self.world.hub, self.world.url, self.home, self.folder, self.on_hub)

    def look(self) -> dict[str, Any]:
        """What is live."""
        return look(self.world.hub, self.home)

    def step(self, step: Step) -> None:
        """Take one step; raises Wrong where something is that must not be."""
        match step:
            case Edit(what, given):
                EDITS[what](self.author, *given)
            case Meddle():
                self.meddle(step)
            case Apply(prune, most):
                self.apply(How(prune=prune, max_deletes=most))
            case Kill(at, after, prune):
                fuse = Fuse(at.nth, reads=at.reads, after=after)
                self.run(How(prune=prune, parallelism=1), fuse)
            case Both(at, prune, life):
                how = How(prune=prune, parallelism=1, life=life)
                before = self.look()
                self.run(how, Fuse(at.nth, reads=at.reads, then=lambda: self.second(how)))
                if not life:
                    self.oracle.doubled(before, self.look())
            case Disturbed(at, meddle, prune):
                self.disturbed(at, meddle, How(prune=prune, parallelism=1))

    def meddle(self, step: Meddle) -> None:
        """Somebody acts."""
        before = self.look()
        self.somebody.act(step.what, *step.given)
        self.oracle.somebody(before, self.look(), self.project.form())

    def second(self, how: How) -> None:
        """The second of two applies."""
        self.tell("second", self.project.apply(self.author.documents(), how))

    def disturbed(self, at: Moment, meddle: Meddle, how: How) -> None:
        """A run in two halves, and what somebody does in between."""
        start = [(planned := self.look(), self.project.form())]

        def between() -> None:
            self.judge(*start.pop(), how.prune, complete=False)
            self.meddle(meddle)
            start.append((self.look(), self.project.form()))

        ended = self.project.apply(self.author.documents(), how, Fuse(at.nth, reads=at.reads, then=between))
        self.tell("disturbed", ended)
        self.judge(*start.pop(), how.prune, complete=False, planned=planned)

    def run(self, how: How, fuse: Fuse | None = None) -> Ended:
        """An apply that may come to any end."""
        before, form = self.look(), self.project.form()
        ended = self.project.apply(self.author.documents(), how, fuse)
        self.tell("run", ended)
        self.judge(before, form, how.prune, complete=False)
        return ended

    def judge(
        self, before: Any, form: Any, prune: bool, *, complete: bool, planned: Any | None = None
    ) -> None:
        """Hold what happened since against what may happen."""
        ledgers = (form, self.project.form())
        self.oracle.ran(
            before, self.look(), self.author, ledgers, prune=prune, complete=complete, planned=planned
        )

    def apply(self, how: How) -> Ended:
        """A quiet apply: what it refuses it leaves alone, and what it does it does to the end."""
        before, form = self.look(), self.project.form()
        ended = self.project.apply(self.author.documents(), how)
        self.tell("apply", ended)
        after = self.look()
        gone = [u for u in before if u not in after]
        if ended.code in (1, 3) and before != after:
            raise Wrong(f"it ended with {ended.code}, and changed the Hub: {ended}")
        if len(gone) > how.max_deletes:
            raise Wrong(f"it deleted {len(gone)}, and the guard was {how.max_deletes}: {ended}")
        self.judge(before, form, how.prune, complete=ended.code == 0)
        if ended.code == 0:
            prunes = how.prune and bool(self.author.docs)  # without any manifest, nothing is deleted
            self.oracle.agrees(after, before, self.author, self.project.form(), prune=prunes)
        elif ended.code == 1:
            self.excused(ended)
        elif ended.code != 3:
            raise Wrong(f"a quiet apply ended with {ended}")
        return ended

    def excused(self, ended: Ended) -> None:
        """An error of a quiet run must be one that takes an author."""
        if not ended.problems:
            raise Wrong(f"a quiet apply ended with {ended}")
        for problem in ended.problems:
            if not any(re.search(known, problem.message) for known in (RENAMED, *NEEDS_AUTHOR)):
                raise Wrong(f"a quiet apply ended with {problem}")

    def finish(self, *, prune: bool) -> None:
        """Apply until it is done, the author deciding what only an author can; then nothing is left to do."""
        for _ in range(8):
            ended = self.apply(How(prune=prune))
            if ended.code == 0:
                break
            prune = self.decide(ended, prune)
        else:
            raise Wrong(f"no end: {ended}")
        left = self.project.plan(self.author.documents(), How(prune=prune)).plan
        if not left.empty:
            raise Wrong(f"a plan after a quiet apply: {left.to_json()}")
        before = self.look()
        if self.apply(How(prune=prune)).code != 0 or self.look() != before:
            raise Wrong("a second apply changed something")

    def decide(self, ended: Ended, prune: bool) -> bool:
        """What an author does about errors and refusals; whether to go on pruning."""
        for problem in ended.problems:
            address = str(problem.address)
            found = RENAMED.search(problem.message)
            if found and address in self.author.docs:
                kind = address.split("/", 1)[0]
                self.author.follow(address, f"{kind}/{found[1]}")
            elif "no revision" in problem.message:
                self.author.docs[address].spec.pop("tags", None)
                self.author.docs[address].spec.pop("exclusive", None)
            elif "both exist" in problem.message or "moved" in problem.message:
                self.author.moved = [m for m in self.author.moved if not any(fits(address, end) for end in m)]
            else:
                self.author.forget(address)
        for refusal in ended.refused:
            if refusal.code == "prevent_destroy" and refusal.address is not None:
                address = str(refusal.address)
                self.author.removed = [e for e in self.author.removed if not fits(address, e.pattern)]
                prune = False
        return prune

    def tell(self, what: str, ended: Ended) -> None:
        """Keep how a run ended, for whoever reads a failure."""
        self.trace.append(f"{what}: {ended.code} {ended.message}\n{ended.output}")


def play(world: Sandbox, steps: Sequence[Step], *, on_hub: bool, prune: bool = False) -> Stage:
    """Take every step, then apply until nothing is left. Raises Wrong, with the whole story."""
    folder = Path(tempfile.mkdtemp(prefix="story-"))
    stage = Stage(world, on_hub, folder)
    try:
        for step in steps:
            stage.trace.append(f"-> {step}")
            stage.step(step)
        stage.trace.append("-> finish")
        stage.finish(prune=prune)
    except Exception as wrong:
        raise Wrong("\n".join([*stage.trace, f"ledger: {stage.project.form()}", str(wrong)])) from wrong
    finally:
        shutil.rmtree(folder)
    return stage
