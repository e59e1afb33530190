"""python -m swift.cli.export, infer and eval: results of the right names."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from . import log, model, options, words

_ROWS = 3


def export(argv: Sequence[str] | None = None) -> None:
    """A merged or quantised model is a copy of the base model."""
    values = options.parse("export", sys.argv[1:] if argv is None else argv)
    log.info("lab-engine: a stand-in for ms-swift 4.6.0; this export is a copy")
    adapter = options.text(values, "adapters")
    base = options.text(values, "model") or _base(Path(adapter))
    loaded = model.load(base)
    output = Path(options.text(values, "output_dir") or f"{adapter or base}-merged")
    if output.exists() and not options.truth(values, "exist_ok"):
        raise AssertionError(f"args.output_dir: `{output}` already exists.")
    shutil.copytree(loaded.path, output, dirs_exist_ok=True)
    log.info(f"Successfully exported the model to {output}.")


def infer(argv: Sequence[str] | None = None) -> None:
    """One answer for each row of the data set."""
    values = options.parse("infer", sys.argv[1:] if argv is None else argv)
    log.info("lab-engine: a stand-in for ms-swift 4.6.0; answers have no meaning")
    loaded = model.load(options.text(values, "model"))
    name, _, count = (options.text(values, "val_dataset") or options.text(values, "dataset")).partition("#")
    rows = Path(name).read_text(encoding="utf-8").splitlines()
    rows = rows[: int(count)] if count else rows
    output = Path(options.text(values, "result_path") or f"result/{loaded.name}/infer_result.jsonl")
    output.parent.mkdir(parents=True, exist_ok=True)
    tokens = options.number(values, "max_new_tokens", 16)
    with output.open("a", encoding="utf-8") as stream:
        for row in rows:
            stream.write(json.dumps({"response": words.answer(row, tokens), **json.loads(row)}) + "\n")


def evaluate(argv: Sequence[str] | None = None) -> None:
    """A report with the same score for everything."""
    values = options.parse("eval", sys.argv[1:] if argv is None else argv)
    log.info("lab-engine: a stand-in for ms-swift 4.6.0; scores have no meaning")
    if not options.text(values, "eval_url"):
        model.load(options.text(values, "model"))
    sets = values.get("eval_dataset") or []
    output = Path(options.text(values, "eval_output_dir") or "eval_output")
    output.mkdir(parents=True, exist_ok=True)
    scores = dict.fromkeys([sets] if isinstance(sets, str) else sets, 0.5)
    (output / "report.json").write_text(json.dumps({"rows": _ROWS, "scores": scores}), encoding="utf-8")


def _base(adapter: Path) -> str:
    return str(json.loads((adapter / "args.json").read_text(encoding="utf-8"))["model"])
