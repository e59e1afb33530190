# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""NVIDIA.

Sources: GPU feature discovery's README and labels; the charts of nvidia-device-plugin, gpu-operator, HAMi and
dra-driver-nvidia-gpu; memory as nvidia-smi reports it; compute capability from developer.nvidia.com/cuda-gpus;
slices from the configuration that mig-parted ships (deployments/systemd/config-default.yaml).
"""

from __future__ import annotations

from .table import Driver, Operator, Plugin, Product, Reading, Resource, Vendor

GPU = "nvidia.com/gpu"
#: Without MIG.
UNCUT: tuple[str, ...] = ()
CUT_80GB = ("1g.10gb", "1g.20gb", "2g.20gb", "3g.40gb", "4g.40gb", "7g.80gb")
CUT_96GB = ("1g.12gb", "1g.24gb", "2g.24gb", "3g.48gb", "4g.48gb", "7g.96gb")

NVIDIA = Vendor(
    name="nvidia",
    resources=(
        Resource(r"(?P<base>nvidia\.com/gpu)"),
        Resource(r"(?P<base>nvidia\.com/gpu)\.shared", sharing="shared"),
        Resource(r"(?P<base>nvidia\.com/mig-\d+g\.(?P<gb>\d+)gb[a-z.-]*?)(?:\.shared)?", sharing="mig"),
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
    # MPS gives each client its part and no more; time slices share what there is.
    clients=(Reading("{RESOURCE.sharing-strategy}={RESOURCE.replicas}", r"mps=([1-9]\d*)"),),
    products=(
        Product(r"\bT4$", 15360, "7.5", UNCUT),
        Product(r"V100.*32GB", 32768, "7.0", UNCUT),
        Product(r"V100", 16384, "7.0", UNCUT),
        Product(r"\bA10G?$", 23028, "8.6", UNCUT),
        Product(r"\bA30$", 24576, "8.0", ("1g.6gb", "2g.12gb", "4g.24gb")),
        Product(r"\bA40$", 46068, "8.6", UNCUT),
        # Made for a few national centres; nobody publishes how they are cut.
        Product(r"A100.*64GB", None, "8.0"),
        Product(r"H100.*64GB", None, "9.0"),
        Product(r"A[18]00\b.*80GB", 81920, "8.0", CUT_80GB),
        Product(r"A[18]00\b", 40960, "8.0", ("1g.5gb", "1g.10gb", "2g.10gb", "3g.20gb", "4g.20gb", "7g.40gb")),
        Product(r"GH200.*144G", None, "9.0", ("1g.18gb", "1g.36gb", "2g.36gb", "3g.72gb", "4g.72gb", "7g.144gb")),
        Product(r"GH200", 97871, "9.0", CUT_96GB),
        Product(r"\bH200\b", 143771, "9.0", ("1g.18gb", "1g.35gb", "2g.35gb", "3g.71gb", "4g.71gb", "7g.141gb")),
        Product(r"H[18]00\b.*NVL", 95830, "9.0", ("1g.12gb", "1g.24gb", "2g.24gb", "3g.47gb", "4g.47gb", "7g.94gb")),
        Product(r"H[18]00\b.*96GB", None, "9.0", CUT_96GB),
        Product(r"H[18]00\b", 81559, "9.0", CUT_80GB),
        Product(r"\bH20$", 97871, "9.0", CUT_96GB),
        Product(r"\bGB200\b", None, "10.0", ("1g.24gb", "1g.47gb", "2g.47gb", "3g.95gb", "4g.95gb", "7g.189gb")),
        Product(r"\bB200\b", None, "10.0", ("1g.23gb", "1g.45gb", "2g.45gb", "3g.90gb", "4g.90gb", "7g.180gb")),
        Product(r"RTX-PRO-6000", None, "12.0", ("1g.24gb", "2g.48gb", "4g.96gb")),
        Product(r"\bL4$", 23034, "8.9", UNCUT),
        Product(r"\bL40S?$", 46068, "8.9", UNCUT),
        Product(r"RTX-4090", 24564, "8.9", UNCUT),
        Product(r"RTX-3090", 24576, "8.6", UNCUT),
    ),
    plugins=(
        Plugin("hami", GPU, image=r"(^|/)hami$", name=r"(.+-)?hami-device-plugin"),
        Plugin("nvdp", GPU, image=r"(^|/)k8s-device-plugin$"),
    ),
    operators=(Operator("gpu-operator", "nvidia.com/v1", "ClusterPolicy", GPU),),
    drivers=(Driver("gpu.nvidia.com", GPU),),
    memory_label="nvidia.com/gpu.memory",
    compute_labels=("nvidia.com/gpu.compute.major", "nvidia.com/gpu.compute.minor"),
    # The latter two are Windows' and Jetson's.
    device_files=r"nvidia[0-9]+|dxg|nvmap",
    amounts=r"nvidia\.com/gpu(mem|mem-percentage|cores)",
    register=r"hami\.io/node-nvidia-register",
    details="set gfd: true in device_plugin_nvidia, which installs GPU feature discovery",
)
