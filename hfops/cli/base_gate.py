"""The rules of the branch that a pull request goes into, beside those of the tree at hand."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from hfops.cli.options import Options
from hfops.cli.output import redact
from hfops.engine.base_ledger import brought_along
from hfops.engine.base_tree import Around, BaseTree, place_of, read_base
from hfops.engine.inventory import Inventory, hidden
from hfops.engine.planning import Prepared
from hfops.manifest.project import load_project
from hfops.manifest.settings import Placed, Settings
from hfops.model.address import Address
from hfops.model.directives import Allowance
from hfops.model.plan import Notice, Plan
from hfops.model.problem import Problems
from hfops.model.resource import Resource
from hfops.review.gate import Refusal
from hfops.review.loosened import Loosened, loosened
from hfops.review.policies.chosen import chosen
from hfops.review.policies.policy import Policy
from hfops.review.reviewed import Reviewed, refused, reviewed
from hfops.review.rules import Asked, Gates, Rules

UNREADABLE = "base_unreadable"
STRICTEST = ("fail", "report", "ignore")
"""What is done about live resources that no manifest describes, the strictest first."""


@dataclass
class Keeper:
    """Holds plans against the rules at hand and, with --base, against those of that revision."""

    root: Path
    options: Options
    settings: Settings
    policies: tuple[Policy, ...]
    allowed: tuple[Allowance, ...]
    today: date
    _verdict: tuple[Reviewed, Gates] | None = None

    def reviewed(self, prepared: Prepared, inventory: Inventory, tree: BaseTree | None) -> Prepared:
        """The plan with its risks weighed, and what the policies say of it; what they refuse is kept.

        ``inventory`` is what the plan was made of.
        """
        gates = self.gates(inventory, tree)
        found = reviewed(prepared.plan, gates)
        self._verdict = (found, gates)
        notices = (*_notices(tree), *found.plan.notices)
        return replace(prepared, plan=replace(found.plan, notices=notices))

    def refusals(self, plan: Plan) -> tuple[Refusal, ...]:
        """What stands between a plan that was reviewed, or what is left of it, and apply."""
        if self._verdict is None:
            raise ValueError("no plan was reviewed yet")
        return refused(plan, *self._verdict)

    def loosened(self, inventory: Inventory, tree: BaseTree | None) -> tuple[Loosened, ...]:
        """Where the rules at hand are looser than the base's."""
        gates = self.gates(inventory, tree)
        return loosened(gates.base, gates.head, self.today) if gates.base else ()

    def gates(self, inventory: Inventory, tree: BaseTree | None) -> Gates:
        """Both rules, as they hold for this run."""
        asked = Asked(self.allowed, self.options.max_deletes, self.options.max_delete_percent)
        head = Rules(self.settings, self.policies, inventory.directives, _by_address(inventory))
        if tree is None:
            return Gates(head, self.today, asked)
        project = load_project(self.root)
        head = replace(head, project=project.document if project else None, place=place_of(self.root))
        base = _base_rules(tree, self.settings.namespace)
        return Gates(head, self.today, asked, base, "" if base.absent else self._doubt(tree))

    def _doubt(self, tree: BaseTree) -> str:
        """Why the ledger is the head's own; one that the command line names belongs to whoever owns the pipeline."""
        given = self.options.ledger or self.options.no_ledger
        return "" if given else brought_along(self.root, self.settings, tree)


def tree_at(root: Path, paths: tuple[Path, ...], options: Options, inventory: Inventory) -> BaseTree | None:
    """The project at --base, read as this run reads it; None without. Raises HfopsError for no such commit."""
    if options.base is None:
        return None
    around = Around(paths, options.env, options.var, options.var_file, whole=inventory.whole_root)
    tree = read_base(root, options.base, around)
    for text in hidden(tree.inventory):
        redact.add(text)
    return tree


def _base_rules(tree: BaseTree, namespace: str | None) -> Rules:
    """The base's rules; ``namespace`` is that of the head."""
    policies, directives = _policies(tree.settings, namespace), tree.inventory.directives
    absent = not (tree.unreadable or tree.declared or tree.inventory.files)
    resources = _by_address(tree.inventory)
    return Rules(tree.settings, policies, directives, resources, place=tree.place, absent=absent)


def _by_address(inventory: Inventory) -> dict[Address, Resource]:
    return {r.address: r for r in inventory.resources}


def _policies(settings: Settings, namespace: str | None) -> tuple[Policy, ...]:
    """What the base asks for, as far as it can be understood: one that cannot takes no other away.

    Names without a namespace are about the project's: about the base's, and about the head's.
    """
    known = [p for p in settings.policies if _is_understood(p, settings.namespace)]
    both = zip(chosen(known, settings.namespace), chosen(known, namespace), strict=True)
    return tuple(replace(p, names=tuple(dict.fromkeys((*p.names, *there.names)))) for p, there in both)


def _is_understood(policy: Placed, namespace: str | None) -> bool:
    try:
        chosen((policy,), namespace)
    except Problems:
        return False
    return True


def _notices(tree: BaseTree | None) -> tuple[Notice, ...]:
    """What there is to say of how the base was read."""
    if tree is None or not tree.unreadable:
        return ()
    said = (
        f"the manifests of the base branch ({tree.commit[:12]}) cannot be read, so that no consent, removal or waiver"
        f" counts as given there; first: {tree.unreadable}"
    )
    return (Notice(UNREADABLE, said),)


def stricter(settings: Settings, tree: BaseTree | None) -> str:
    """What is done about live resources that no manifest describes, where both have a say."""
    found = (settings, tree.settings) if tree else (settings,)
    return min((s.unmanaged for s in found), key=STRICTEST.index)
