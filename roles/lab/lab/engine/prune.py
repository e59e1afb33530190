"""What an engine on CPU never loads. Every pattern was checked by serving and training without it."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

DOCUMENTS = ("usr/share/doc", "usr/share/man", "usr/share/info", "usr/share/locale", "usr/share/lintian")
#: drivers of AMD and Intel GPUs and their compiler, wanted by plug-ins of MPI that are looked for only on such machines
GPU_DRIVERS = ("libLLVM-*", "libamd_comgr.so*", "libamdhip64.so*", "libhsa-runtime64.so*", "libze_*", "libOpenCL.so*")
TORCH = ("libtorch-test", "python3/dist-packages/torch/bin/*[Tt]est*", "python3/dist-packages/torch/include")
#: the wheels bring a newer one
DOUBLE = ("numpy", "fsspec")
#: tests, headers and type stubs of wheels; pyarrow's Flight server
WHEELS = (
    *("*/tests", "*/*/tests", "*/include", "*/*/include", "**/*.pyi", "**/*.pxd", "**/*.h", "**/*.hpp", "**/*.cu"),
    *("pyarrow/libarrow_flight.so*", "pyarrow/libarrow_python_flight.so*", "pyarrow/_flight*.so", "share"),
)

#: bitsandbytes for GPUs
EXTRAS = tuple(f"bitsandbytes/libbitsandbytes_{kind}*" for kind in ("cuda", "rocm", "xpu"))
#: tests of pandas and NumPy, and gradio's sources of its pages
UI = ("*/tests", "*/*/tests", "gradio/_frontend_code", "ruff*")


def prune(directory: Path, patterns: Sequence[str]) -> None:
    """Remove what matches, files and directories alike."""
    for pattern in patterns:
        for path in sorted(directory.glob(pattern)):
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            elif path.exists() or path.is_symlink():
                path.unlink()
