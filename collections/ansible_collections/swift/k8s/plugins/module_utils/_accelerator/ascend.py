# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Huawei Ascend.

Sources: MindCluster's scheduling API (labels, resource names of 26.0 and 26.1), the device tables of HAMi's chart,
Huawei Cloud CCE's guide to NPUs, openFuyao's npu-operator.
"""

from __future__ import annotations

from .table import Driver, Operator, Plugin, Product, Reading, Resource, Vendor

NPU = "huawei.com/Ascend910"

ASCEND = Vendor(
    name="ascend",
    resources=(
        # MindCluster; all chips of the 910 generation share one name, so it does not tell the chip.
        Resource(r"huawei\.com/Ascend910"),
        Resource(r"huawei\.com/Ascend(?P<chip>310P?)"),
        Resource(r"huawei\.com/Ascend(?P<chip>310P)-(?:V|VPro|IPro)"),
        Resource(r"huawei\.com/npu"),
        Resource(r"huawei\.com/Ascend910-\d+c[a-z0-9.]*", sharing="vnpu"),
        Resource(r"huawei\.com/Ascend(?P<chip>310P)-\d+c[a-z0-9.]*", sharing="vnpu"),
        # HAMi; its -memory and -core resources are amounts, not devices.
        Resource(r"huawei\.com/Ascend(?P<chip>910(?:A|B\d?(?:-1)?|C))", sharing="hami"),
        # CCE's plugin.
        Resource(r"huawei\.com/ascend-(?:310|1980)"),
    ),
    asked=NPU,
    chip=(
        Reading("{node.kubernetes.io/npu.chip.name}", r"(?:Ascend)?(.+)"),
        # 26.0 does not tell the chip, but the form factor, as card-910b-2, names its generation.
        Reading("{accelerator-type}", r"[a-z]+-910b-.+", value="910B"),
        Reading("{accelerator-type}", r"module-a3-.+", value="910C"),
    ),
    memory_mib=(Reading("{mind-cluster/npu-chip-memory}", r"(\d+)G", factor=1024),),
    driver=(Reading("{huawei.com/driver.version}"),),
    # The form factor ends in the number of chips: module-910b-8, card-910b-2, module-a3-16-super-pod.
    expected=(Reading("{accelerator-type}", r".+-(\d+)(?:-super-pod)?"),),
    products=(
        Product(r"910B4-1$", 65536, family="A2"),
        Product(r"910B4$", 32768, family="A2"),
        Product(r"910B(?:[123]|2C)$", 65536, family="A2"),
        Product(r"910B$", family="A2"),
        # Drivers call the 910C by the number of its module.
        Product(r"910(?:C|_93(?:\d\d)?)$", 65536, family="A3"),
        Product(r"910(?:A|Pro[AB]|PremiumA)$", 32768, family="910"),
        Product(r"310P", 21527, family="310P"),
        Product(r"310", family="310"),
        Product(r"950", family="950"),
    ),
    plugins=(
        Plugin("hami", NPU, image=r"(^|/)projecthami/ascend-device-plugin$", name=r"hami-ascend-device-plugin"),
        Plugin("cce", "huawei.com/ascend-1980", name=r"huawei-npu-device-plugin"),
        Plugin("mindcluster", NPU, image=r"(^|/)ascend-k8sdeviceplugin$", name=r"ascend-device-plugin.*"),
    ),
    operators=(Operator("openfuyao", "npu.openfuyao.com/v1", "NPUClusterPolicy", NPU),),
    drivers=(Driver("npu.huawei.com", NPU),),
    exporter="npu-exporter",
    device_files=r"v?davinci[0-9]+",
    amounts=r"huawei\.com/.+-(memory|core)",
    register=r"hami\.io/node-register-Ascend.+",
    brand="Ascend",
    details="use MindCluster 26.1 or newer, whose device plugin labels its nodes",
)
