# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""The vendors that this collection knows. One more is one more table here."""

from __future__ import annotations

import re

from .ascend import ASCEND
from .nvidia import NVIDIA
from .table import Vendor

VENDORS: tuple[Vendor, ...] = (NVIDIA, ASCEND)


def named(name: str, vendors: tuple[Vendor, ...] = VENDORS) -> Vendor | None:
    """The vendor of a name."""
    return next((vendor for vendor in vendors if vendor.name == name), None)


def vendor_of(resource: str, vendors: tuple[Vendor, ...] = VENDORS) -> Vendor | None:
    """Whose devices a resource is, or None for resources that are no known devices."""
    return next((vendor for vendor in vendors if vendor.resource(resource)), None)


def known(resource: str, vendors: tuple[Vendor, ...] = VENDORS) -> bool:
    """Whether a resource is a device, or an amount that goes with devices, of a vendor."""
    return any(vendor.resource(resource) or re.fullmatch(vendor.amounts, resource) for vendor in vendors)
