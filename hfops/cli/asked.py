"""What the command line asks for, held against what there is: a typo must not look like success."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from hfops.cli.options import Options
from hfops.cli.output import say
from hfops.engine.inventory import Inventory
from hfops.engine.ledger.session import Ledger
from hfops.engine.work import rotates_nothing
from hfops.kinds.values import references
from hfops.manifest.bind import suggest
from hfops.model.address import Address, is_glob
from hfops.model.directives import Allowance
from hfops.model.problem import HfopsError
from hfops.model.resource import Resource
from hfops.model.risk import RiskKind


def refuse_idle(options: Options, resources: Sequence[Resource]) -> None:
    """Raise HfopsError for a --restart, --replace or --rotate that names nothing of this run."""
    known = [str(r.address) for r in resources]
    for name, globs in (("--restart", options.restart), ("--replace", options.replace)):
        for glob in globs:
            if not any(r.address.matches(glob) for r in resources):
                near = suggest(glob, known)
                hint = f"; did you mean {near!r}?" if near else ""
                raise HfopsError(f"{name} {glob}: no manifest of this run describes it{hint}")
    for glob in rotates_nothing(options.rotate, resources):
        secrets = sorted({str(path[-1]) for r in resources for path, _, secret in references(r) if secret})
        listed = ", ".join(secrets) or "none"
        raise HfopsError(f"--rotate {glob}: no such secret in these manifests; known: {listed}")


def warn_of_idle_consent(allowed: Sequence[Allowance], inventory: Inventory, ledger: Ledger) -> None:
    """An --allow that is about nothing consents to nothing, which its author should know."""
    removed = [r.pattern for r in inventory.directives.removed if not is_glob(r.pattern)]
    known = [*(r.address for r in inventory.resources), *ledger.records, *map(Address.parse, removed)]
    for allowance in allowed:
        pattern = allowance.pattern
        if pattern and not any(a.matches(pattern) for a in known):
            say(f"warning: --allow {allowance.risk.value}={pattern}: nothing here has such an address")


class NothingLeft(HfopsError):
    """No manifest is left, and everything that is owned would be deleted for that."""

    exit_code = 3


def refuse_nothing(paths: Sequence[Path], found: Inventory, owned: int = 0) -> None:
    """Raise HfopsError where there are no manifests at all: a wrong folder, more likely than a wish.

    ``owned``: how many resources pruning would take for dropped.
    """
    directives, existing = found.directives, any(d.existing for d in found.defaults)
    if not (found.resources or existing or directives.moved or directives.removed):
        shown = ", ".join(str(p) for p in paths)
        if owned:
            raise NothingLeft(
                f"{shown}: no manifests found, and this project owns {owned}: nothing is pruned for that."
                " To delete them all, name them in a Changes document under removed:, or use `hfops destroy`"
                " while their manifests are still there"
            )
        raise HfopsError(f"{shown}: no manifests found (*.yaml, *.yml, *.yaml.j2); `hfops demo` shows some")


def refuse_prune(options: Options, *, whole: bool) -> None:
    """Raise HfopsError for a --prune that does not see everything, or knows nothing."""
    if options.prune and not whole:
        raise HfopsError(
            "--prune needs a run over the whole project: leave out paths below the root,"
            " --target, --exclude, --selector and --changed-since"
        )
    if options.prune and options.no_ledger:
        raise HfopsError(
            "--prune needs the ledger, which knows what this project created: leave out --no-ledger"
        )


def refuse_bad_globs(options: Options) -> None:
    """Raise HfopsError for a pattern that could name nothing."""
    for name, globs in (("--restart", options.restart), ("--replace", options.replace)):
        for glob in globs:
            if glob.count("/") != 2:
                raise HfopsError(f"{name} {glob}: expected Kind/namespace/name, * allowed")
    for glob in options.rotate:
        if glob.count("/") not in (0, 2, 3):
            raise HfopsError(
                f"--rotate {glob}: expected KEY, Kind/namespace/name, or Kind/namespace/name/KEY, * allowed"
            )


def allowances(texts: Sequence[str]) -> tuple[Allowance, ...]:
    """``--allow RISK[=GLOB]``. Raises HfopsError."""
    risks = [r.value for r in RiskKind if r.needs_consent]
    out = []
    for text in texts:
        risk, equals, glob = text.partition("=")
        if risk not in risks:
            raise HfopsError(
                f"--allow {text}: expected one of {', '.join(risks)}, perhaps with =Kind/namespace/name"
            )
        if equals and glob.count("/") != 2:
            raise HfopsError(
                f"--allow {text}: {glob!r} is no address; expected Kind/namespace/name, * allowed"
            )
        out.append(Allowance(RiskKind(risk), glob or None))
    return tuple(out)
