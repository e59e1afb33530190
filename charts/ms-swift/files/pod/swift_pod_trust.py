# SPDX-License-Identifier: Apache-2.0
"""Code that comes with weights: ms-swift loads with trust_remote_code, and imports the plug-ins of an args.json."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from swift_pod_errors import LaunchError

#: options that name models which are loaded
MODELS = ("model", "ref_model", "reward_model", "teacher_model")
#: what transformers imports: modules beside the weights, and a generate() that replaces its own
MODULES = ("*.py", "custom_generate/*.py")


def require_no_code(arguments: Mapping[str, Any]) -> None:
    """Refuse the directories of models that carry code, or send for that of another repository."""
    for name, model in directories(arguments, MODELS):
        code = sorted(carried(model))
        if code:
            told = f"{name} {model} carries code ({', '.join(code[:3])})"
            raise LaunchError(f"{told}: read it, then set model.trusted=true")


def require_no_plugins(arguments: Mapping[str, Any]) -> None:
    """Refuse weights whose args.json names plug-ins, which ms-swift imports where the command names none itself."""
    if arguments.get("external_plugins"):
        return
    for _name, weights in directories(arguments, ("adapters", "model")):
        kept = read(weights / "args.json")
        if isinstance(kept, dict) and kept.get("external_plugins"):
            told = f"{weights}/args.json names code to run ({kept['external_plugins']}): read it"
            raise LaunchError(f"{told}, then name it in extraArgs.external_plugins or set model.trusted=true")


def directories(arguments: Mapping[str, Any], names: Iterable[str]) -> Iterator[tuple[str, Path]]:
    """The option and each directory that it names; adapters may be `name=directory`."""
    for name in names:
        value = arguments.get(name) or []
        for one in value if isinstance(value, list) else [value]:
            yield name, Path(one.partition("=")[2] or one if name == "adapters" else one)


def carried(model: Path) -> Iterator[str]:
    """Python files of a model's directory, and classes that its configurations take from elsewhere."""
    for pattern in MODULES:
        for path in model.glob(pattern):
            yield str(path.relative_to(model))
    for path in model.glob("*config.json"):
        yield from foreign(read(path))


def read(path: Path) -> Any:
    """A configuration, or nothing where it is no JSON: the engine cannot read it either, and says so."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def foreign(value: Any, mapped: bool = False) -> Iterator[str]:
    """Classes of another repository (`owner/name--module.Class`) in each auto_map of a configuration."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from foreign(inner, mapped or name == "auto_map")
    elif isinstance(value, list):
        for inner in value:
            yield from foreign(inner, mapped)
    elif mapped and isinstance(value, str) and "--" in value:
        yield value
