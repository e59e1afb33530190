# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0

"""The engine's own sources, as they are loaded here, so that the pod runs what was tested here.

Read through the import system: inside a module execution the files lie in a zip archive. The entry of the engine is
imported, so that everything it imports is packed into that archive.
"""

from __future__ import annotations

import importlib
import pkgutil
from types import ModuleType

from .. import _cache, _hub
from .._cache import cli as _entry  # noqa: F401 - packed because it is imported
from . import answers, held, huggingface_routes, modelscope_routes, recheck, serve, tidy
from .errors import SeedError

#: what pods run of this package
_OURS = (answers, held, huggingface_routes, modelscope_routes, recheck, serve, tidy)


def engine_sources() -> dict[str, str]:
    """Path below the package that the pod sees (`_cache/engine.py`) -> text."""
    sources = {"__init__.py": ""}
    for package in (_cache, _hub):
        folder = package.__name__.rsplit(".", 1)[-1]
        sources[f"{folder}/__init__.py"] = _text(package)
        for info in pkgutil.iter_modules(package.__path__):
            module = importlib.import_module(f"{package.__name__}.{info.name}")
            sources[f"{folder}/{info.name}.py"] = _text(module)
    ours = {f"_seed/{module.__name__.rsplit('.', 1)[-1]}.py": _text(module) for module in _OURS}
    return {**sources, "_seed/__init__.py": "", **ours}


def _text(module: ModuleType) -> str:
    loader = module.__spec__.loader if module.__spec__ else None
    text = loader.get_source(module.__name__) if loader is not None and hasattr(loader, "get_source") else None
    if text is None:
        raise SeedError(f"the source of {module.__name__} cannot be read. Install the collection from its tarball.")
    # Ansible's loader of collections gives bytes.
    return text.decode() if isinstance(text, bytes) else str(text)
