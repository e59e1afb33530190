# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""The shape of a vendor's table. A vendor is data: no function over these tables knows one by name.

What other rooms know of a vendor (its plugin's options and rights, the images published for it) stands in tables of
theirs, under the same name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_PLACE = re.compile(r"\{([^}]+)\}")


@dataclass(frozen=True)
class Reading:
    """A value that labels tell.

    text: label keys in braces; `{RESOURCE}` inside a key stands for the resource the device is advertised as.
    pattern: must match the text as a whole; its first group is the value.
    value: what is known when the pattern matches, where the text itself does not say it.
    factor: what a number is multiplied by.
    """

    text: str
    pattern: str = "(.+)"
    value: str = ""
    factor: int = 1

    def read(self, labels: Mapping[str, str], resource: str) -> str | None:
        """The value, or None where a label is missing or says something else."""
        text = self.text.replace("RESOURCE", resource)
        if any(not labels.get(key) for key in _PLACE.findall(text)):
            return None
        found = re.fullmatch(self.pattern, _PLACE.sub(lambda place: labels[place[1]], text))
        if not found:
            return None
        value = self.value or found[1]
        return str(int(value) * self.factor) if self.factor > 1 else value


@dataclass(frozen=True)
class Resource:
    """Names under which devices are advertised.

    pattern: matches the whole name; a group `chip` tells the chip, a group `base` the name that labels use, a group
        `gb` the nominal memory of a slice.
    sharing: how such devices are shared.
    """

    pattern: str
    sharing: str = "none"


@dataclass(frozen=True)
class Product:
    """What is known of a product when labels tell only its name; None is: nobody says.

    memory_mib: memory of the whole device.
    family: devices of one family run the same images, where the vendor has families at all.
    slices: what it can be cut into, by name; nothing where it cannot be cut.
    """

    pattern: str
    memory_mib: int | None = None
    compute: str | None = None
    slices: tuple[str, ...] | None = None
    family: str | None = None


@dataclass(frozen=True)
class Plugin:
    """A DaemonSet that advertises devices: told by its image's path or by its own name."""

    kind: str
    resource: str
    image: str = r"(?!)"
    name: str = r"(?!)"


@dataclass(frozen=True)
class Operator:
    """A custom resource whose controller brings the device plugin.

    switch: the field of its spec that turns the plugin off when it is false; some sites install another one then.
    """

    kind: str
    api_version: str
    custom_resource: str
    resource: str
    switch: tuple[str, str] = ("devicePlugin", "enabled")

    def brings(self, item: Mapping[str, Any]) -> bool:
        """Whether an object of the kind lets its controller install the plugin."""
        section, name = self.switch
        return ((item.get("spec") or {}).get(section) or {}).get(name) is not False


@dataclass(frozen=True)
class Driver:
    """A driver for dynamic resource allocation, and the resource that its devices would otherwise be."""

    name: str
    resource: str


@dataclass(frozen=True)
class Vendor:
    """All that is known of a vendor.

    toolkit: the newest toolkit that the driver supports.
    expected: how many devices the node has, whether or not they are offered.
    asked: the resource that the chart asks for where values name none.
    memory_label, compute_labels: what the chart's node affinity for accelerator.memoryMiB and .compute reads.
    exporter: name of the DaemonSet that tells numbers of its devices, and must know the container runtime.
    device_files: pattern of the names below /dev that are one device each; `grep -E` reads it too. Empty is not known.
    amounts: pattern of resources beside devices that are no devices themselves, as memory that is shared out.
    clients: into how many parts a device's memory goes, where nobody can take more than one.
    register: pattern of the node annotations in which HAMi lists devices.
    brand: what a product's name begins with where only the chip is known.
    details: how to have the labels that tell product, memory and driver.
    """

    name: str
    resources: tuple[Resource, ...]
    asked: str = ""
    product: tuple[Reading, ...] = ()
    chip: tuple[Reading, ...] = ()
    memory_mib: tuple[Reading, ...] = ()
    driver: tuple[Reading, ...] = ()
    compute: tuple[Reading, ...] = ()
    toolkit: tuple[Reading, ...] = ()
    expected: tuple[Reading, ...] = ()
    sharing: tuple[Reading, ...] = ()
    clients: tuple[Reading, ...] = ()
    products: tuple[Product, ...] = ()
    plugins: tuple[Plugin, ...] = ()
    operators: tuple[Operator, ...] = ()
    drivers: tuple[Driver, ...] = ()
    memory_label: str = ""
    compute_labels: tuple[str, ...] = ()
    exporter: str = ""
    device_files: str = ""
    amounts: str = r"(?!)"
    register: str = r"(?!)"
    brand: str = ""
    details: str = ""

    def resource(self, name: str) -> re.Match[str] | None:
        """The match of a resource's name, or None where it is not this vendor's."""
        return next((found for row in self.resources if (found := re.fullmatch(row.pattern, name))), None)

    def shared(self, name: str) -> str:
        """How devices that are advertised under a name are shared, as far as the name tells."""
        return next((row.sharing for row in self.resources if re.fullmatch(row.pattern, name)), "none")

    def known(self, product: str) -> Product | None:
        """What is known of a product."""
        return next((row for row in self.products if re.search(row.pattern, product, re.IGNORECASE)), None)
