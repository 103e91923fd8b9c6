"""The hardware that endpoints run on: what there is, where, and for how much."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

AVAILABLE, DEPRECATED, NOT_AVAILABLE = "available", "deprecated", "not_available"
UNUSABLE = (DEPRECATED, NOT_AVAILABLE)
"""Statuses of hardware on which nothing new can be started."""

REGIONS: Mapping[str, Mapping[str, str]] = {
    "aws": {
        "us-east-1": "N. Virginia",
        "us-east-2": "Ohio",
        "us-west-2": "Oregon",
        "eu-west-1": "Ireland",
    },
    "azure": {"eastus": "East US"},
    "gcp": {"us-east4": "Virginia"},
}
"""Regions by vendor, with their labels. A vendor has its hardware in each of its regions."""


@dataclass(frozen=True, slots=True)
class Family:
    """An instance type; ``prices`` in US$ per replica and hour, by number of accelerators (CPU: of vCPUs).

    CPUs, ``memory`` and ``gpu_memory`` (GB) are those of one accelerator.
    """

    vendor: str
    accelerator: str
    instance_type: str
    architecture: str
    memory: float
    gpu_memory: int | None
    cpus: int | None
    prices: Mapping[int, float]
    status: str = AVAILABLE


@dataclass(frozen=True, slots=True)
class Row:
    """Hardware that can be deployed on: a family in a region, in a size."""

    family: Family
    region: str
    count: int
    price: float

    @property
    def size(self) -> str:
        """The ``instanceSize``."""
        return f"x{self.count}"

    @property
    def id(self) -> str:
        """The service's own name of the combination."""
        return f"{self.family.vendor}-{self.region}-{self.family.instance_type}-{self.size}"

    @property
    def memory(self) -> float:
        """Memory of a replica, in GB."""
        return self.family.memory * self.count

    @property
    def status(self) -> str:
        """The family's status, where the region has no other."""
        family = self.family
        for size in (self.size, "*"):
            key = (family.vendor, self.region, family.instance_type, size)
            if family.status == AVAILABLE and key in ELSEWISE:
                return ELSEWISE[key]
        return family.status

    def told(self, quota: Mapping[str, int]) -> dict[str, Any]:
        """The catalogue's entry; ``numCpus`` is said of accelerated hardware only."""
        family = self.family
        cpus = {} if family.cpus is None else {"numCpus": family.cpus * self.count}
        gpu = None if family.gpu_memory is None else family.gpu_memory * self.count
        return cpus | {
            "id": self.id,
            "accelerator": family.accelerator,
            "numAccelerators": self.count,
            "memoryGb": self.memory,
            "gpuMemoryGb": gpu,
            "instanceType": family.instance_type,
            "instanceSize": self.size,
            "architecture": family.architecture,
            "status": self.status,
            "pricePerHour": self.price,
            "quota": dict(quota),
        }


def _cpu(vendor: str, name: str, title: str, prices: Mapping[int, float], status: str = AVAILABLE) -> Family:
    return Family(vendor, "cpu", name, title, 2.0, None, None, prices, status)


def _gpu(
    vendor: str,
    model: str,
    sizes: tuple[float, int, int],
    prices: Mapping[int, float],
    status: str = AVAILABLE,
) -> Family:
    """``sizes``: memory, GPU memory, CPUs."""
    memory, gpu_memory, cpus = sizes
    name, title = f"nvidia-{model.lower()}", f"Nvidia {model}"
    return Family(vendor, "gpu", name, title, memory, gpu_memory, cpus, prices, status)


FAMILIES = (
    _cpu("aws", "intel-spr", "Intel Sapphire Rapids", {1: 0.033, 2: 0.067, 4: 0.134, 8: 0.268, 16: 0.536}),
    _cpu("aws", "intel-icl", "Intel Ice Lake", {1: 0.032, 2: 0.064, 4: 0.128, 8: 0.256}, DEPRECATED),
    _cpu("azure", "intel-xeon", "Intel Xeon", {1: 0.060, 2: 0.120, 4: 0.240, 8: 0.480}),
    _cpu("gcp", "intel-spr", "Intel Sapphire Rapids", {1: 0.050, 2: 0.100, 4: 0.200, 8: 0.400}),
    _gpu("aws", "T4", (15.0, 16, 3), {1: 0.5, 4: 3.0}),
    _gpu("aws", "L4", (30.0, 24, 7), {1: 0.8, 4: 3.8}),
    _gpu("aws", "A10G", (30.0, 24, 7), {1: 1.0, 4: 5.0}),
    _gpu("aws", "L40S", (62.0, 48, 7), {1: 1.8, 4: 8.3, 8: 23.5}),
    _gpu("aws", "A100", (142.0, 80, 11), {1: 2.5, 2: 5.0, 4: 10.0, 8: 20.0}),
    _gpu("aws", "H100", (240.0, 80, 23), {1: 4.5, 2: 9.0, 4: 18.0, 8: 36.0}, DEPRECATED),
    _gpu("aws", "H200", (240.0, 141, 23), {1: 5.0, 2: 10.0, 4: 20.0, 8: 40.0}),
    _gpu("aws", "B200", (240.0, 180, 23), {1: 9.25, 2: 18.5, 4: 37.0, 8: 74.0}, DEPRECATED),
    Family("aws", "neuron", "inf2", "AWS Inferentia2", 16.0, 32, 3, {1: 0.75, 12: 12.0}),
    _gpu("gcp", "T4", (15.0, 16, 3), {1: 0.5}),
    _gpu("gcp", "L4", (30.0, 24, 7), {1: 0.7, 4: 3.8}),
    _gpu("gcp", "A100", (85.0, 80, 12), {1: 3.6, 2: 7.2, 4: 14.4, 8: 28.8}),
    _gpu("gcp", "H100", (234.0, 80, 26), {1: 10.0, 2: 20.0, 4: 40.0, 8: 80.0}),
)

ELSEWISE: Mapping[tuple[str, str, str, str], str] = {
    ("aws", "us-east-2", "nvidia-h200", "x8"): "reserved",
    ("aws", "us-west-2", "nvidia-h200", "*"): NOT_AVAILABLE,
    ("aws", "us-west-2", "nvidia-a100", "x8"): "low_availability",
    ("aws", "eu-west-1", "nvidia-h200", "*"): NOT_AVAILABLE,
    ("aws", "eu-west-1", "nvidia-a100", "*"): NOT_AVAILABLE,
    ("aws", "eu-west-1", "inf2", "x12"): NOT_AVAILABLE,
    ("gcp", "us-east4", "nvidia-a100", "x8"): "reserved",
    ("gcp", "us-east4", "nvidia-h100", "*"): "reserved",
}
"""Where the status is not the family's: by vendor, region, instance type and size."""


def _rows() -> Iterator[Row]:
    for vendor, regions in REGIONS.items():
        for region in regions:
            for family in FAMILIES:
                if family.vendor == vendor:
                    yield from (Row(family, region, n, price) for n, price in family.prices.items())


ROWS: Mapping[str, Row] = {row.id: row for row in _rows()}


def row_of(config: Mapping[str, Any]) -> Row | None:
    """The hardware that an endpoint's configuration names; None for a combination that there is not."""
    provider, compute = config["provider"], config["compute"]
    place = f"{provider['vendor']}-{provider['region']}"
    row = ROWS.get(f"{place}-{compute['instanceType']}-{compute['instanceSize']}")
    return row if row is not None and row.family.accelerator == compute["accelerator"] else None
