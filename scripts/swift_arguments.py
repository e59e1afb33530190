#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Write the options of every ms-swift command, as its source declares them, for the chart to check values against.

Nothing is imported: the dataclasses are read with ast, so a machine without torch will do.

    scripts/swift_arguments.py VERSION > charts/ms-swift/files/arguments/VERSION.json

The wheels come from the index that pip uses: ms-swift of that version, and the newest transformers that it allows,
whose TrainingArguments it inherits.
"""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

#: command of the chart -> class of its options
COMMANDS = {
    "_megatron.pt": "MegatronPretrainArguments",
    "_megatron.rlhf": "MegatronRLHFArguments",
    "_megatron.sft": "MegatronSftArguments",
    "app": "AppArguments",
    "deploy": "DeployArguments",
    "eval": "EvalArguments",
    "export": "ExportArguments",
    "infer": "InferArguments",
    "pt": "PretrainArguments",
    "rlhf": "RLHFArguments",
    "sample": "SamplingArguments",
    "sft": "SftArguments",
    "web_ui": "WebUIArguments",
}
#: names under which ms-swift imports classes of transformers
ALIASES = {"HfSeq2SeqTrainingArguments": "Seq2SeqTrainingArguments@hf", "HfTrainingArguments": "TrainingArguments@hf"}
SOURCES = (
    "swift/arguments/**/*.py",
    "swift/megatron/arguments/**/*.py",
    "swift/ray_utils/**/*.py",
    "swift/rlhf_trainers/args_mixin.py",
    "swift/trainers/arguments.py",
)
#: option -> the names whose texts it may take; plug-ins add to them
OPEN_CHOICES = {"tuner_type": ("get_supported_tuners", "tuners_map")}
CHOICES = ("swift/arguments/base_args/base_args.py", "swift/tuner_plugin/mapping.py")
FOREIGN = ("transformers/training_args.py", "transformers/training_args_seq2seq.py")

Option = dict[str, Any]


def classes(site: Path) -> dict[str, ast.ClassDef]:
    """Every class of the source files by name; those of transformers carry @hf."""
    found: dict[str, ast.ClassDef] = {}
    for suffix, patterns in (("", SOURCES), ("@hf", FOREIGN)):
        for path in sorted(path for pattern in patterns for path in site.glob(pattern)):
            for node in ast.parse(path.read_text(encoding="utf-8")).body:
                if isinstance(node, ast.ClassDef):
                    found[node.name + suffix] = node
    return found


def fields(name: str, known: dict[str, ast.ClassDef]) -> dict[str, Option]:
    """The dataclass fields of a class and its bases; the nearest declaration wins."""
    node = known[name]
    options: dict[str, Option] = {}
    for base in reversed(node.bases):
        if isinstance(base, ast.Name):
            inner = ALIASES.get(base.id, base.id + "@hf" if name.endswith("@hf") else base.id)
            if inner in known:
                options.update(fields(inner, known))
    for item in node.body:
        if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name) and not item.target.id.startswith("_"):
            options[item.target.id] = described(item)
    return options


def described(item: ast.AnnAssign) -> Option:
    """Choices and default, where the source states them as plain values."""
    option: Option = {}
    choices = [
        element.value
        for node in ast.walk(item.annotation)
        if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id == "Literal"
        for element in (node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice])
        if isinstance(element, ast.Constant)
    ]
    if choices:
        option["choices"] = choices
    if isinstance(item.value, ast.Constant) and item.value.value is not None:
        option["default"] = item.value.value
    return option


def constants(nodes: Iterable[ast.expr | None]) -> list[str]:
    """Those of the expressions that are plain texts."""
    return [node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)]


def texts(site: Path) -> dict[str, list[str]]:
    """The texts of every set that a function of the choices' files returns, and the keys of every mapping there."""
    found: dict[str, list[str]] = {}
    for path in CHOICES:
        for node in ast.parse((site / path).read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef):
                sets = (inner for inner in ast.walk(node) if isinstance(inner, ast.Set))
                found[node.name] = constants([element for inner in sets for element in inner.elts])
            elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Dict):
                keys = constants(node.value.keys)
                found.update({target.id: keys for target in node.targets if isinstance(target, ast.Name)})
    return found


def document(site: Path, version: str) -> dict[str, Any]:
    """The options of every command, those with open choices marked: a plug-in may add one."""
    known = classes(site)
    named = texts(site)
    commands = {command: fields(name, known) for command, name in COMMANDS.items()}
    for option, sources in OPEN_CHOICES.items():
        choices = sorted(choice for source in sources for choice in named[source])
        for options in commands.values():
            if option in options and "choices" not in options[option]:
                options[option] |= {"choices": choices, "open": True}
    return {"version": version, "commands": commands}


def unpacked(requirement: str, into: Path) -> Path:
    """The content of the newest wheel that satisfies a requirement; returns its dist-info directory."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
        subprocess.run([*command, "--dest", folder, requirement], check=True, stdout=sys.stderr)
        wheel = next(Path(folder).glob("*.whl"))
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(into)
    name, version = wheel.name.split("-")[:2]
    return into / f"{name}-{version}.dist-info"


def transformers_requirement(metadata: str) -> str:
    """The requirement of ms-swift's metadata that names transformers and belongs to no extra."""
    lines = [
        line.partition(": ")[2] for line in metadata.splitlines() if line.startswith("Requires-Dist: transformers")
    ]
    return next(line for line in lines if re.fullmatch(r"transformers([<>=!~].*)?", line) and ";" not in line)


def main(version: str) -> None:
    """Print the list of one release."""
    with tempfile.TemporaryDirectory() as folder:
        site = Path(folder)
        own = unpacked(f"ms-swift=={version}", site)
        unpacked(transformers_requirement((own / "METADATA").read_text(encoding="utf-8")), site)
        print(json.dumps(document(site, version), sort_keys=True, separators=(",", ":")))


if __name__ == "__main__":
    main(sys.argv[1])
