# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""NVIDIA.

Sources: GPU feature discovery's README and labels; the charts of nvidia-device-plugin, gpu-operator, HAMi and
dra-driver-nvidia-gpu; memory as nvidia-smi reports it; compute capability from developer.nvidia.com/cuda-gpus.
"""

from __future__ import annotations

from .table import Driver, Operator, Plugin, Product, Reading, Resource, Vendor

GPU = "nvidia.com/gpu"

NVIDIA = Vendor(
    name="nvidia",
    resources=(
        Resource(r"(?P<base>nvidia\.com/gpu)"),
        Resource(r"(?P<base>nvidia\.com/gpu)\.shared", sharing="shared"),
        Resource(r"(?P<base>nvidia\.com/mig-\d+g\.(?P<gb>\d+)gb[a-z.]*?)(?:\.shared)?", sharing="mig"),
    ),
    asked=GPU,
    # A shared card's product ends in -SHARED, a slice's in -MIG-<profile>: neither is part of the product.
    product=(
        Reading("{RESOURCE.product}", r"(.+?)(?:-MIG-.+|-SHARED)*"),
        Reading("{nvidia.com/gpu.product}", r"(.+?)(?:-MIG-.+|-SHARED)*"),
        Reading("{aliyun.accelerator/nvidia_name}"),
        Reading("{cloud.google.com/gke-accelerator}"),
    ),
    memory_mib=(
        Reading("{RESOURCE.memory}", r"(\d+)"),
        Reading("{aliyun.accelerator/nvidia_mem}", r"(\d+)MiB"),
    ),
    driver=(
        Reading("{nvidia.com/cuda.driver-version.full}"),
        Reading("{nvidia.com/cuda.driver.major}.{nvidia.com/cuda.driver.minor}.{nvidia.com/cuda.driver.rev}"),
        Reading("{nvidia.com/cuda.driver.major}.{nvidia.com/cuda.driver.minor}"),
    ),
    compute=(Reading("{nvidia.com/gpu.compute.major}.{nvidia.com/gpu.compute.minor}"),),
    # What the driver supports, whatever images bring; the short names are those of older releases.
    toolkit=(
        Reading("{nvidia.com/cuda.runtime-version.full}"),
        Reading("{nvidia.com/cuda.runtime.major}.{nvidia.com/cuda.runtime.minor}"),
    ),
    expected=(Reading("{nvidia.com/gpu.count}", r"(\d+)"),),
    sharing=(
        Reading("{nvidia.com/gpu.product}", r"(.+-MIG-.+)", value="mig"),
        Reading("{RESOURCE.sharing-strategy}", r"(mps|time-slicing)"),
        Reading("{nvidia.com/gpu.sharing-strategy}", r"(mps|time-slicing)"),
    ),
    products=(
        Product(r"\bT4$", 15360, "7.5"),
        Product(r"V100.*32GB", 32768, "7.0"),
        Product(r"V100", 16384, "7.0"),
        Product(r"\bA10G?$", 23028, "8.6"),
        Product(r"\bA30$", 24576, "8.0"),
        Product(r"\bA40$", 46068, "8.6"),
        Product(r"A[18]00.*80GB", 81920, "8.0"),
        Product(r"A100", 40960, "8.0"),
        Product(r"H200", 143771, "9.0"),
        Product(r"H[18]00", 81559, "9.0"),
        Product(r"\bH20$", 97871, "9.0"),
        Product(r"\bL4$", 23034, "8.9"),
        Product(r"\bL40S?$", 46068, "8.9"),
        Product(r"RTX-4090", 24564, "8.9"),
        Product(r"RTX-3090", 24576, "8.6"),
    ),
    plugins=(
        Plugin("hami", GPU, image=r"(^|/)hami$", name=r"(.+-)?hami-device-plugin"),
        Plugin("nvdp", GPU, image=r"(^|/)k8s-device-plugin$"),
    ),
    operators=(Operator("gpu-operator", "nvidia.com/v1", "ClusterPolicy", GPU),),
    drivers=(Driver("gpu.nvidia.com", GPU),),
    memory_label="nvidia.com/gpu.memory",
    compute_labels=("nvidia.com/gpu.compute.major", "nvidia.com/gpu.compute.minor"),
    device_files=r"nvidia\d+|dxg",
    amounts=r"nvidia\.com/gpu(mem|mem-percentage|cores)",
    register=r"hami\.io/node-nvidia-register",
    details="set gfd: true in device_plugin_nvidia, which installs GPU feature discovery",
)
