"""What the modules of `swift.cli` do."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from . import deploy, log, produce, train


def run(command: str) -> None:
    """One command in this process; a wrong command line ends it with status 1 and a traceback."""
    if command in ("sft", "pt", "rlhf"):
        train.main(command)
    else:
        {"deploy": deploy.main, "export": produce.export, "infer": produce.infer, "eval": produce.evaluate}[command]()


def main() -> None:
    """`swift COMMAND …`: a wrapper that starts the command and forwards no signal, as the real one."""
    command, argv = sys.argv[1].replace("-", "_"), sys.argv[2:]
    parse_yaml_args(argv)
    arguments = [sys.executable, "-m", f"swift.cli.{command}", *argv]
    print(f"run sh: `{' '.join(arguments)}`", flush=True)
    sys.exit(subprocess.run(arguments, check=False).returncode)


def parse_yaml_args(argv: list[str]) -> None:
    """Replace a leading YAML or JSON file by its options; its ENV map is exported where nothing is set."""
    config = _document(Path(argv[0])) if argv else None
    if config is None:
        return
    os.environ["SWIFT_CONFIG_FILE"] = argv[0]
    for name, value in (config.pop("ENV", None) or {}).items():
        if os.environ.setdefault(name, str(value)) != str(value):
            log.warning(f"{name} is already set in environment, using `{os.environ[name]}` instead of `{value}`")
    argv[0:1] = [word for name, value in config.items() for word in (f"--{name}", *_words(value))]


def _document(path: Path) -> dict[str, Any] | None:
    if path.suffix not in (".json", ".yaml", ".yml"):
        return None
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".json":
        found: dict[str, Any] = json.loads(text)
        return found
    import yaml  # noqa: PLC0415 -- a host without PyYAML still runs everything else

    loaded: dict[str, Any] = yaml.safe_load(text)
    return loaded


def _words(value: Any) -> list[str]:
    if isinstance(value, list):
        return [str(item) for item in value]
    return [json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else str(value)]
