"""The service's catalogue of hardware (GET /provider/{namespace}), and what is wrong with a choice from it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hfops.kinds.endpoint.normal import HARDWARE, PLACE
from hfops.kinds.endpoint.scene import Scene
from hfops.kinds.endpoint.spec import EndpointSpec
from hfops.kinds.scene import Found
from hfops.model.call import segment

CATALOGUE = "catalogue"
"""The fact: the rows, where they were read."""

CHOICE = (*PLACE, *HARDWARE)
"""The five fields that together are one row."""

REFUSED = {"deprecated": "is being withdrawn", "not_available": "is not to be had now"}
NEAREST = 3
"""How many other rows a message names."""


@dataclass(frozen=True, slots=True)
class Row:
    """One hardware in one place. ``price`` is in US$ per replica and hour."""

    vendor: str
    region: str
    accelerator: str
    instance_type: str
    instance_size: str
    accelerators: int = 1
    status: str = "available"
    price: float | None = None
    quota: tuple[int, int] | None = None

    @property
    def choice(self) -> tuple[str, ...]:
        """In the order of ``CHOICE``."""
        return (self.vendor, self.region, self.accelerator, self.instance_type, self.instance_size)

    @property
    def free(self) -> int | None:
        """Accelerators that the namespace may still use; None where the service does not say."""
        return None if self.quota is None else max(0, self.quota[0] - self.quota[1])

    @property
    def usable(self) -> bool:
        """Whether a replica of it can be started now."""
        return self.status not in REFUSED and (self.free is None or self.free >= self.accelerators)

    def __str__(self) -> str:
        name = f"{self.vendor} {self.region} {self.instance_type} {self.instance_size}"
        return name if self.price is None else f"{name} (${self.price:g}/h)"


def catalogue_path(namespace: str) -> str:
    """With the namespace's own quota."""
    return f"/provider/{segment(namespace)}"


def parse_catalogue(data: Any) -> tuple[Row, ...]:
    """All rows; what is none is passed over: the service itself will judge a choice that is not in the list."""
    vendors = _rows(data.get("vendors") if isinstance(data, Mapping) else None)
    return tuple(
        row
        for vendor in vendors
        for region in _rows(vendor.get("regions"))
        for compute in _rows(region.get("computes"))
        if (row := _row(vendor, region, compute))
    )


def _row(vendor: Mapping[str, Any], region: Mapping[str, Any], compute: Mapping[str, Any]) -> Row | None:
    names = [vendor.get("name"), region.get("name")]
    names += [compute.get(key) for key in ("accelerator", "instanceType", "instanceSize")]
    where, place, accelerator, kind, size = (name if isinstance(name, str) else "" for name in names)
    if not (where and place and accelerator and kind and size):
        return None
    status, price = compute.get("status"), compute.get("pricePerHour")
    closed = [str(s) for s in (vendor.get("status"), region.get("status"), status) if s in REFUSED]
    return Row(
        where, place, accelerator, kind, size,
        accelerators=_count(compute.get("numAccelerators"), 1),
        status=closed[0] if closed else str(status or "available"),
        price=float(price) if isinstance(price, int | float) else None,
        quota=_quota(compute.get("quota")),
    )  # fmt: skip


def _quota(data: Any) -> tuple[int, int] | None:
    if not isinstance(data, Mapping) or not isinstance(data.get("maxAccelerators"), int):
        return None
    return data["maxAccelerators"], _count(data.get("usedAccelerators"), 0)


def _count(value: Any, default: int) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else default


def _rows(data: Any) -> Iterator[Mapping[str, Any]]:
    yield from (row for row in data if isinstance(row, Mapping)) if isinstance(data, list) else ()


def named_choice(spec: EndpointSpec) -> dict[str, str]:
    """The parts of a choice that a manifest names."""
    provider, compute = spec.provider, spec.compute
    named = (
        provider.vendor if provider else None,
        provider.region if provider else None,
        compute.accelerator if compute else None,
        compute.instance_type if compute else None,
        compute.instance_size if compute else None,
    )
    return {key: value for key, value in zip(CHOICE, named, strict=True) if value is not None}


def wanted_choice(scene: Scene) -> tuple[str, ...]:
    """The whole choice once all is done; short where a part of it is not known."""
    named, live = named_choice(scene.spec), live_choice(scene)
    whole = [named.get(key, live.get(key)) for key in CHOICE]
    return tuple(part for part in whole if part is not None)


def live_choice(scene: Scene) -> dict[str, str]:
    """The choice as it is."""
    if scene.live is None:
        return {}
    found = {key: scene.live.at(*key.split(".")) for key in CHOICE}
    return {key: str(value) for key, value in found.items() if value is not None}


def row_of(rows: Iterable[Row], choice: tuple[str, ...]) -> Row | None:
    """The row of a choice, if there is one."""
    return next((row for row in rows if row.choice == choice), None)


def check_hardware(scene: Scene) -> Found:
    """What forbids a new choice, or makes it doubtful. Where the catalogue was not read, nothing is said."""
    found = Found()
    rows: Sequence[Row] = scene.sight.facts.get(CATALOGUE) or ()
    choice = wanted_choice(scene)
    if not rows or len(choice) < len(CHOICE):
        return found
    row = row_of(rows, choice)
    moved = scene.live is None or tuple(live_choice(scene).get(k) for k in CHOICE) != choice
    name = " ".join((*choice[:2], *choice[3:]))
    if row is None or (moved and row.status in REFUSED):
        if not moved:
            return found
        said = f"{name} ({choice[2]}) does not exist" if row is None else f"{name} {REFUSED[row.status]}"
        path = _culprit(rows, choice) if row is None else HARDWARE[1]
        found.problems.append(scene.problem(path, said, _near(rows, choice)))
    elif row.status == "low_availability":
        found.notes.append(f"{name} is scarce now: it may be long in coming")
    if row is not None and row.free is not None and not found.problems:
        needed = row.accelerators * max(1, scene.min_replica)
        if needed > row.free:
            of = row.quota[0] if row.quota else 0
            found.notes.append(
                f"over quota: {name} needs {needed} accelerators, and {row.free} of {of} are free; pausing others frees theirs"
            )
    return found


def _culprit(rows: Iterable[Row], choice: tuple[str, ...]) -> str:
    """The first part of a choice with which no row agrees."""
    left = list(rows)
    for index, key in enumerate(CHOICE):
        left = [row for row in left if row.choice[index] == choice[index]]
        if not left:
            return key
    return CHOICE[-1]


def _near(rows: Iterable[Row], choice: tuple[str, ...]) -> str | None:
    """The nearest rows that can be had: those in the same place first, then what agrees most."""

    def far(row: Row) -> tuple[int, int, int, float, str]:
        agree = [have == want for have, want in zip(row.choice, choice, strict=True)]
        place = 2 - sum(agree[:2])
        hardware = 4 * agree[3] + 2 * agree[4] + agree[2]
        alike = -_alike(row.instance_type, choice[3])
        return (place, -hardware, alike, row.price or 0.0, str(row))

    usable = sorted((row for row in rows if row.usable), key=far)
    return f"nearest: {', '.join(map(str, usable[:NEAREST]))}" if usable else None


def _alike(one: str, other: str) -> int:
    """How many characters two names begin with alike."""
    pairs = zip(one, other, strict=False)
    return next((n for n, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))
