# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""YAML the way Helm reads it: YAML 1.1 with Go's scalar rules, map keys as strings, no dates, no base-60 numbers."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

try:
    import yaml
    from yaml.constructor import SafeConstructor

    _BASE: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
except ImportError:  # reported by load(): the module must import everywhere to be documented and checked
    yaml = None  # type: ignore[assignment]
    _BASE = object

_INTEGER = re.compile(r"^[-+]?(?:0b[01_]+|0o?[0-7_]+|0x[0-9a-fA-F_]+|[1-9][0-9_]*|0)$")
_FLOAT = re.compile(r"^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$")
_BOOLEAN = re.compile(r"^(?:y|Y|yes|Yes|YES|on|On|ON|true|True|TRUE|n|N|no|No|NO|off|Off|OFF|false|False|FALSE)$")
_TRUE = ("y", "yes", "on", "true")


class HelmLoader(_BASE):  # type: ignore[misc]
    """A safe loader that resolves scalars as Helm's own parser does."""


def _number(loader: Any, node: Any) -> int:
    text = str(loader.construct_scalar(node)).replace("_", "")
    sign, digits = (-1 if text.startswith("-") else 1), text.lstrip("+-")
    base = 8 if re.match(r"0[0-7]", digits) else 0
    return sign * int(digits, base)


def _float(loader: Any, node: Any) -> float | int:
    value = float(loader.construct_scalar(node))
    return int(value) if value.is_integer() and abs(value) < 2**53 else value


def _boolean(loader: Any, node: Any) -> bool:
    return str(loader.construct_scalar(node)).lower() in _TRUE


def _mapping(loader: Any, node: Any) -> dict[str, Any]:
    loader.flatten_mapping(node)
    return {_key(key): value for key, value in SafeConstructor.construct_mapping(loader, node, deep=True).items()}


def _key(key: Any) -> str:
    if isinstance(key, bool):
        return "true" if key else "false"
    return key if isinstance(key, str) else str(key)


def _words(dumper: Any, text: str) -> Any:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


if yaml is not None:

    class PeopleDumper(yaml.SafeDumper):
        """Writes texts of several lines as such."""

    PeopleDumper.add_representer(str, _words)
    HelmLoader.yaml_implicit_resolvers = {}
    HelmLoader.add_implicit_resolver("tag:yaml.org,2002:bool", _BOOLEAN, list("yYnNtTfFoO"))
    HelmLoader.add_implicit_resolver("tag:yaml.org,2002:int", _INTEGER, list("-+0123456789"))
    HelmLoader.add_implicit_resolver("tag:yaml.org,2002:float", _FLOAT, list("-+.0123456789"))
    HelmLoader.add_implicit_resolver(
        "tag:yaml.org,2002:null", re.compile(r"^(?:~|null|Null|NULL|)$"), ["~", "n", "N", ""]
    )
    HelmLoader.add_implicit_resolver("tag:yaml.org,2002:merge", re.compile(r"^(?:<<)$"), ["<"])
    HelmLoader.add_constructor("tag:yaml.org,2002:bool", _boolean)
    HelmLoader.add_constructor("tag:yaml.org,2002:int", _number)
    HelmLoader.add_constructor("tag:yaml.org,2002:float", _float)
    HelmLoader.add_constructor("tag:yaml.org,2002:map", _mapping)


def available() -> bool:
    return yaml is not None


def load_all(text: str) -> list[Any]:
    """The non-empty documents of a text. Raises ValueError with the line of the mistake."""
    try:
        return [document for document in yaml.load_all(text, Loader=HelmLoader) if document is not None]
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f" in line {mark.line + 1}" if mark else ""
        raise ValueError(f"not valid YAML{place}: {getattr(error, 'problem', None) or error}") from error


def load(text: str) -> Any:
    """The single document of a text, or None for an empty one."""
    documents = load_all(text)
    return documents[0] if documents else None


def dump(data: Any) -> str:
    """Data as YAML for people, keys in a stable order."""
    return str(
        yaml.dump(
            data, Dumper=PeopleDumper, sort_keys=True, default_flow_style=False, allow_unicode=True, width=1_000_000
        )
    )


def dump_all(documents: Iterable[Any]) -> str:
    """A manifest from objects."""
    return str(yaml.safe_dump_all(documents, sort_keys=False, explicit_start=True, allow_unicode=True))
