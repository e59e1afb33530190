# SPDX-License-Identifier: Apache-2.0
"""The packages that some commands import late and ms-swift does not require: missed before anything is loaded."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from typing import Any

from swift_pod_errors import LaunchError

#: what is imported -> what is installed
AWQ = {"awq": "autoawq"}
BNB = {"bitsandbytes": "bitsandbytes"}
GPTQ = {"optimum": "optimum", "gptqmodel": "gptqmodel"}
GRADIO = {"gradio": "'gradio<6'"}
MEGATRON = {"megatron.core": "megatron-core", "mcore_bridge": "mcore-bridge"}
#: what carries Megatron on a device of the vendor that PyTorch is built for
CARRIERS = {True: {"mindspeed": "mindspeed"}, False: {"transformer_engine": "'transformer-engine[pytorch]'"}}
BY_METHOD = {"awq": AWQ, "bnb": BNB, "gptq": GPTQ, "gptq_v2": GPTQ}
BY_MODULE = {"swift.cli.app": GRADIO, "swift.cli.web_ui": GRADIO}


def there(name: str) -> bool:
    """Whether a module can be imported; of a.b, a is."""
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:
        return False


def require(module: str, arguments: Mapping[str, Any]) -> None:
    """Name what is missing: after loading, gptq without gptqmodel says that QuantizeConfig is not defined."""
    method = arguments.get("quant_method", "")
    needed = {**BY_MODULE.get(module, {}), **BY_METHOD.get(method, {})}
    if module.startswith("swift.cli._megatron."):
        needed = {**MEGATRON, **CARRIERS[there("torch_npu")]}
    missing = [package for name, package in needed.items() if not there(name)]
    if missing:
        what = f"quant_method {method}" if method else f"python -m {module}"
        raise LaunchError(
            f"{what} needs {' and '.join(missing)}, which the image has not: set image.repository to one that has"
            f" (pip install {' '.join(missing)})"
        )
