"""python -m swift.cli.sft, pt, rlhf: the files of a training, without the training."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from . import log, model, options

_STEP_SECONDS = 0.05


class Interrupted(Exception):
    """SIGTERM came and the graceful_exit callback is on."""


def main(command: str, argv: Sequence[str] | None = None) -> None:
    """Steps with a line in logging.jsonl each, checkpoints with trainer_state.json, last-checkpoint."""
    values = options.parse(command, sys.argv[1:] if argv is None else argv)
    log.info(f"lab-engine: a stand-in for ms-swift 4.6.0; nothing is trained by this {command}")
    model.load(options.text(values, "model"))
    if not values.get("dataset"):
        raise ValueError("self.dataset: [], please input the training dataset.")
    run = Run(values)
    if "graceful_exit" in str(values.get("callbacks")):
        signal.signal(signal.SIGTERM, _interrupt)
    run.train()


def _interrupt(_number: int, _frame: object) -> None:
    raise Interrupted


class Run:
    """One training's directory and counts."""

    def __init__(self, values: options.Values) -> None:
        self.values = values
        self.output = Path(options.text(values, "output_dir") or f"output/{Path(values['model']).name}")
        self.steps = options.number(values, "max_steps", -1)
        if self.steps < 0:
            self.steps = 10
        self.save = options.number(values, "save_steps", 500)
        self.log_each = options.number(values, "logging_steps", 5)
        self.done = self._resumed()
        self.started = time.monotonic()

    def train(self) -> None:
        """All steps that are left; the last one is a checkpoint as well."""
        self.output.mkdir(parents=True, exist_ok=True)
        self._write("args.json", {name: value for name, value in self.values.items() if name != "hub_token"})
        pause = log.seconds("LAB_ENGINE_STEP_SECONDS", _STEP_SECONDS)
        saved = self.done
        try:
            while self.done < self.steps:
                time.sleep(pause)
                self.done += 1
                if self.done % self.log_each == 0 or self.done in (1, self.steps):
                    self._log()
                if self.done % self.save == 0 or self.done == self.steps:
                    self._checkpoint()
                    saved = self.done
        except Interrupted:
            if saved != self.done:
                self._checkpoint()
        link = self.output / "last-checkpoint"
        link.unlink(missing_ok=True)
        link.symlink_to(f"checkpoint-{self.done}")
        self._finish()

    def _resumed(self) -> int:
        path = options.text(self.values, "resume_from_checkpoint")
        if not path:
            return 0
        state = json.loads((Path(path) / "trainer_state.json").read_text(encoding="utf-8"))
        return int(state["global_step"])

    def _log(self, **first: float) -> None:
        seconds = time.monotonic() - self.started
        left = (self.steps - self.done) * log.seconds("LAB_ENGINE_STEP_SECONDS", _STEP_SECONDS)
        self._record(
            {
                **(first or {"loss": round(2.0 / self.done, 8), "learning_rate": 1e-4, "token_acc": 0.0}),
                "epoch": 1.0,
                "global_step/max_steps": f"{self.done}/{self.steps}",
                "elapsed_time": f"{seconds:.0f}s",
                "remaining_time": f"{left:.0f}s",
                "train_speed(s/it)": round(seconds / self.done, 6),
            }
        )

    def _finish(self) -> None:
        """The two lines after the last step: the sum, and where the results are."""
        self._log(train_runtime=round(time.monotonic() - self.started, 4), train_loss=1.0)
        last = str(self.output / f"checkpoint-{self.done}")
        self._record({"last_model_checkpoint": last, "best_model_checkpoint": None, "global_step": self.done})

    def _record(self, record: dict[str, Any]) -> None:
        with (self.output / "logging.jsonl").open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(record) + "\n")
        log.info(record)

    def _checkpoint(self) -> None:
        folder = f"checkpoint-{self.done}"
        (self.output / folder).mkdir(exist_ok=True)
        (self.output / folder / "adapter_model.safetensors").write_bytes(b"\2\0\0\0\0\0\0\0{}")
        self._write(f"{folder}/adapter_config.json", {"peft_type": "LORA"})
        self._write(f"{folder}/args.json", {"swift_version": "4.6.0", "model": self.values["model"]})
        # last, as the real trainer does: who can read it finds the rest
        self._write(f"{folder}/trainer_state.json", {"global_step": self.done, "max_steps": self.steps})

    def _write(self, name: str, content: Any) -> None:
        place = self.output / name
        part = place.with_name(f".{place.name}.part")
        part.write_text(json.dumps(content, ensure_ascii=False, indent=1), encoding="utf-8")
        os.replace(part, place)
