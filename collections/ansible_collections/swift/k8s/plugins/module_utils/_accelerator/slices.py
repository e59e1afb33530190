# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Ascend's virtual NPUs: templates of npu-smi, the resources MindCluster advertises them as, and their memory. Pure.

Sources: MindCluster, virtual instances with HDK (templates, resources, products); HAMi's device table (memory).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_OF_910 = "huawei.com/Ascend910-"
_OF_310P = "huawei.com/Ascend310P-"
#: Chips by the cores that their templates share out; drivers call the 910C by the number of its module.
_910 = "910(?:A|Pro[AB]|PremiumA)"
_CORES_24 = "910B[12]C?"
_CORES_20 = r"910B3|910B4-1|910C|910_93(?:\d\d)?"


@dataclass(frozen=True)
class Slice:
    """A template. memory_mib is None where nobody says it; chips matches the whole name of a chip that has it."""

    template: str
    resource: str
    chips: str
    memory_mib: int | None = None


SLICES: tuple[Slice, ...] = (
    *(Slice(f"vir{cores:02}", f"{_OF_910}{cores}c", _910) for cores in (2, 4, 8, 16)),
    Slice("vir03_1c_8g", f"{_OF_910}3c.1cpu.8g", _CORES_24, 8192),
    Slice("vir06_1c_16g", f"{_OF_910}6c.1cpu.16g", _CORES_24, 16384),
    Slice("vir12_3c_32g", f"{_OF_910}12c.3cpu.32g", _CORES_24, 32768),
    Slice("vir05_1c_16g", f"{_OF_910}5c.1cpu.16g", _CORES_20, 16384),
    Slice("vir10_3c_32g", f"{_OF_910}10c.3cpu.32g", _CORES_20, 32768),
    Slice("vir05_1c_8g", f"{_OF_910}5c.1cpu.8g", "910B4", 8192),
    Slice("vir10_3c_16g", f"{_OF_910}10c.3cpu.16g", "910B4", 16384),
    Slice("vir10_3c_16g_nm", f"{_OF_910}10c.3cpu.16g.ndvpp", "910B4", 16384),
    Slice("vir10_4c_16g_m", f"{_OF_910}10c.4cpu.16g.dvpp", "910B4", 16384),
    Slice("vir01", f"{_OF_310P}1c", "310P.?", 3072),
    Slice("vir02", f"{_OF_310P}2c", "310P.?", 6144),
    Slice("vir04", f"{_OF_310P}4c", "310P.?", 12288),
    Slice("vir02_1c", f"{_OF_310P}2c.1cpu", "310P.?", 6144),
    Slice("vir04_3c", f"{_OF_310P}4c.3cpu", "310P.?", 12288),
    Slice("vir04_3c_ndvpp", f"{_OF_310P}4c.3cpu.ndvpp", "310P.?", 12288),
    Slice("vir04_4c_dvpp", f"{_OF_310P}4c.4cpu.dvpp", "310P.?", 12288),
)


def of_resource(resource: str) -> Slice | None:
    """The slice that is advertised under a name."""
    return next((row for row in SLICES if row.resource == resource), None)


def of_chip(chip: str) -> tuple[Slice, ...]:
    """The slices that a chip, such as 910B3 or Ascend910B3, can be cut into; none for one that cannot be cut."""
    return tuple(row for row in SLICES if re.fullmatch(row.chips, chip.removeprefix("Ascend")))


def resource_of(template: str, chip: str = "") -> str | None:
    """The resource to ask for, from the template's name.

    None where there is no such template, the chip does not have it, or no chip tells which of two vir02 is meant.
    """
    found = [row for row in (of_chip(chip) if chip else SLICES) if row.template == template]
    return found[0].resource if len(found) == 1 else None
