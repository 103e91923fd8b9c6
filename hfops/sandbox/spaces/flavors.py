"""The hardware that Spaces run on, with its prices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

FREE, ZERO = "cpu-basic", "zero-a10g"


@dataclass(frozen=True, slots=True)
class Flavor:
    """One kind of hardware: memory and disk in GB, the price in US$ per hour."""

    name: str
    title: str
    cores: int
    memory: int
    disk: int
    price: float
    gpu: str = ""
    count: int = 0
    vram: int = 0

    def told(self) -> dict[str, Any]:
        """The catalogue's entry; its unit is the minute."""
        micro = round(self.price / 60 * 1_000_000)
        return {
            "name": self.name,
            "prettyName": self.title,
            "cpu": f"{self.cores} vCPU",
            "ram": f"{self.memory} GB",
            "ephemeralStorage": f"{self.disk} GB",
            "accelerator": self._accelerator(),
            "unitCostMicroUSD": micro,
            "unitCostUSD": micro / 1_000_000,
            "unitLabel": "minute",
        }

    def _accelerator(self) -> dict[str, str] | None:
        if not self.gpu:
            return None
        return {
            "type": "gpu",
            "model": self.gpu,
            "quantity": str(self.count),
            "vram": f"{self.vram} GB",
            "manufacturer": "Nvidia",
        }


CATALOGUE = (
    Flavor(FREE, "CPU Basic", 2, 16, 50, 0),
    Flavor("cpu-upgrade", "CPU Upgrade", 8, 32, 50, 0.03),
    Flavor(ZERO, "ZeroGPU", 8, 64, 50, 0, "ZeroGPU", 1, 48),
    Flavor("t4-small", "Nvidia T4 - small", 4, 15, 50, 0.4, "T4", 1, 16),
    Flavor("t4-medium", "Nvidia T4 - medium", 8, 30, 100, 0.6, "T4", 1, 16),
    Flavor("l4x1", "1x Nvidia L4", 8, 30, 400, 0.8, "L4", 1, 24),
    Flavor("l4x4", "4x Nvidia L4", 48, 186, 3200, 3.8, "L4", 4, 96),
    Flavor("l40sx1", "1x Nvidia L40S", 8, 62, 380, 1.8, "L40S", 1, 48),
    Flavor("l40sx4", "4x Nvidia L40S", 48, 382, 3200, 8.3, "L40S", 4, 192),
    Flavor("l40sx8", "8x Nvidia L40S", 192, 1534, 6500, 23.5, "L40S", 8, 384),
    Flavor("a10g-small", "Nvidia A10G - small", 4, 15, 110, 1.0, "A10G", 1, 24),
    Flavor("a10g-large", "Nvidia A10G - large", 12, 46, 200, 1.5, "A10G", 1, 24),
    Flavor("a10g-largex2", "2x Nvidia A10G - large", 24, 92, 1000, 3.0, "A10G", 2, 48),
    Flavor("a10g-largex4", "4x Nvidia A10G - large", 48, 184, 2000, 5.0, "A10G", 4, 96),
    Flavor("a100-large", "Nvidia A100 - large", 12, 142, 1000, 2.5, "A100", 1, 80),
    Flavor("a100x4", "4x Nvidia A100", 48, 568, 4000, 10.0, "A100", 4, 320),
    Flavor("a100x8", "8x Nvidia A100", 96, 1136, 8000, 20.0, "A100", 8, 640),
    Flavor("rtx-pro-6000", "Nvidia RTX PRO 6000", 23, 256, 475, 2.75, "RTX PRO 6000", 1, 96),
    Flavor("rtx-pro-6000x2", "2x Nvidia RTX PRO 6000", 46, 512, 950, 5.5, "RTX PRO 6000", 2, 192),
    Flavor("rtx-pro-6000x4", "4x Nvidia RTX PRO 6000", 92, 1024, 1900, 11.0, "RTX PRO 6000", 4, 384),
    Flavor("rtx-pro-6000x8", "8x Nvidia RTX PRO 6000", 184, 2048, 3800, 22.0, "RTX PRO 6000", 8, 768),
)

TITLES = {flavor.name: flavor.title for flavor in CATALOGUE}


def known(name: str) -> str:
    """The flavor under its own name: ``zerogpu`` is another word for ``zero-a10g``."""
    return ZERO if name == "zerogpu" else name
