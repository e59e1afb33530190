"""The stand-in's command lines; tests/engine holds its server to the real one."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from lab.engine.lab_engine import checks, model, options, words
from lab.engine.lab_engine.answers import Answer
from lab.engine.standin import COMMANDS, write_site
from lab.engine.tiny_model import write_model


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("site")
    write_site(place)
    return place


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    write_model(tmp_path / "org/tiny")
    return tmp_path / "org/tiny"


def start(site: Path, cwd: Path, module: str, *arguments: object, **environ: str) -> subprocess.Popen[str]:
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(site), "LAB_ENGINE_STEP_SECONDS": "0.001", **environ}
    argv = [sys.executable, "-m", f"swift.cli.{module}", *map(str, arguments)]
    return subprocess.Popen(argv, env=env, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def run(site: Path, cwd: Path, module: str, *arguments: object) -> tuple[int, str]:
    process = start(site, cwd, module, *arguments)
    text, _ = process.communicate(timeout=30)
    return process.returncode, text


def test_training_leaves_checkpoints_and_goes_on(site: Path, tiny: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    base = ("--model", tiny, "--dataset", "rows.jsonl", "--output_dir", out, "--save_steps", 2)
    assert run(site, tmp_path, "sft", *base, "--max_steps", 3)[0] == 0
    assert run(site, tmp_path, "sft", *base, "--max_steps", 5, "--resume_from_checkpoint", out / "checkpoint-3")[0] == 0
    assert sorted(path.name for path in out.glob("checkpoint-*")) == [f"checkpoint-{n}" for n in (2, 3, 4, 5)]
    assert json.loads((out / "last-checkpoint/trainer_state.json").read_text())["global_step"] == 5


@pytest.mark.parametrize(
    ("callbacks", "status", "saved"), [((), -15, False), (("--callbacks", "graceful_exit"), 0, True)]
)
def test_training_and_sigterm(
    site: Path, tiny: Path, tmp_path: Path, callbacks: tuple[str, ...], status: int, saved: bool
) -> None:
    arguments = ("--model", tiny, "--dataset", "x", "--output_dir", "out", "--max_steps", 9999, *callbacks)
    process = start(site, tmp_path, "sft", *arguments, LAB_ENGINE_STEP_SECONDS="0.02")
    deadline = time.monotonic() + 20
    while not (tmp_path / "out/logging.jsonl").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == status
    assert bool(list((tmp_path / "out").glob("checkpoint-*"))) is saved
    process.communicate()


def test_export_refuses_what_is_there(site: Path, tiny: Path, tmp_path: Path) -> None:
    arguments = ("export", "--model", tiny, "--merge_lora", "true", "--output_dir", tmp_path / "merged")
    assert run(site, tmp_path, *arguments)[0] == 0
    code, text = run(site, tmp_path, *arguments)
    assert (code, "already exists" in text) == (1, True)
    assert run(site, tmp_path, *arguments, "--exist_ok", "true")[0] == 0
    assert (tmp_path / "merged/config.json").exists()


def test_infer_and_eval(site: Path, tiny: Path, tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text('{"messages": []}\n' * 5)
    arguments = ("--model", tiny, "--val_dataset", "rows.jsonl#3", "--result_path", "out.jsonl")
    assert run(site, tmp_path, "infer", *arguments)[0] == 0
    assert len((tmp_path / "out.jsonl").read_text().splitlines()) == 3
    assert run(site, tmp_path, "eval", "--model", tiny, "--eval_dataset", "gsm8k", "--eval_output_dir", "e")[0] == 0
    assert json.loads((tmp_path / "e/report.json").read_text())["scores"] == {"gsm8k": 0.5}


def test_a_file_of_options(site: Path, tiny: Path, tmp_path: Path) -> None:
    config = {"model": str(tiny), "merge_lora": True, "output_dir": "merged", "ENV": {"LAB_TEST": "1"}}
    (tmp_path / "export.json").write_text(json.dumps(config))
    code, text = run(site, tmp_path, "main", "export", "export.json")
    assert code == 0, text
    assert "run sh:" in text
    assert (tmp_path / "merged").is_dir()


def test_every_command_is_there(site: Path) -> None:
    assert {path.stem for path in (site / "swift/cli").glob("*.py")} == {*COMMANDS, "main", "__init__"}


def test_options(site: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(options, "TABLE", site / "lab_engine/options.json")
    values = options.parse("deploy", ["--port=8001", "--stop_words", "a", "b", "--verbose", "--served-model-name", "x"])
    assert (values["port"], values["stop_words"], values["verbose"]) == ("8001", ["a", "b"], True)
    assert (values["served_model_name"], values["host"]) == ("x", "0.0.0.0")
    with pytest.raises(ValueError, match="remaining_argv"):
        options.parse("deploy", ["stray", "--nonsense", "1"])
    options.parse("deploy", ["--nonsense", "1", "--ignore_args_error", "true"])
    assert "remaining_argv" in capsys.readouterr().err


def test_models_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no directory"):
        model.load(str(tmp_path / "none"))
    with pytest.raises(OSError, match=r"config\.json"):
        model.load(str(tmp_path))


def test_prompt_of_the_tiny_model_is_counted_exactly() -> None:
    assert words.prompt_tokens([{"role": "user", "content": "hi"}]) == 99
    parts = [{"role": "user", "content": [{"type": "text", "text": "hi"}]}]
    assert words.prompt_tokens(parts) == 99


def test_a_stream_says_what_the_whole_answer_says() -> None:
    answer = Answer("m", words.answer("seed", 20), 99, chat=True)
    said = "".join(chunk["choices"][0]["delta"]["content"] for chunk in answer.chunks())
    assert said == answer.whole()["choices"][0]["message"]["content"]
    assert len(said) == 20


@pytest.mark.parametrize(
    ("header", "key", "status"),
    [("", "", None), ("", "k", 400), ("Bearer k", "k", None), ("Basic k", "k", 400), ("Bearer \u00e9", "k", 500)],
)
def test_keys(header: str, key: str, status: int | None) -> None:
    refusal = checks.key(header, key)
    assert (refusal and refusal[0]) == status
