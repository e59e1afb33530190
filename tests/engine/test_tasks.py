"""The other tasks of the chart, each with the real ms-swift in a real pod, on one claim."""

from __future__ import annotations

import contextlib
import json
import math
from collections.abc import Iterator
from typing import Any

import pytest
from lab.engine.tiny_model import ID, ROWS_ID

from tests.engine.jobs import finished, log
from tests.engine.test_pipeline import KEY, NODE
from tests.lab.chart import MODEL, Place, ask, chat, entry, merged, place, until

pytestmark = [pytest.mark.engine, pytest.mark.lab, pytest.mark.slow, pytest.mark.timeout(300)]
DATA = f"/cache/datasets/{ROWS_ID}"
NODE_PORT = 30813
STEPS = 2
REAL: dict[str, Any] = {
    "image": {"repository": "lab.registry/ms-swift", "tag": "4.6.0-extras"},
    "nodeSelector": {"kubernetes.io/hostname": NODE},
    "cache": {"seed": {"also": [{"id": ROWS_ID, "type": "dataset"}]}},
    "drainSeconds": 1,
}
TRAIN: dict[str, Any] = {"maxSteps": STEPS, "loggingSteps": 1, "batchSize": 4, "accumulation": 1, "maxLength": 256}
GROUP: dict[str, Any] = {"reward_funcs": ["format"], "num_generations": 4, "max_completion_length": 8}
TRAININGS: dict[str, dict[str, Any]] = {
    "pt": {"task": "pt", "train": {"dataset": [f"{DATA}/pt.jsonl"]}},
    "full": {"task": "sft", "train": {"dataset": [f"{DATA}/sft.jsonl"], "tuner": "full"}},
    "qlora": {"task": "sft", "train": {"dataset": [f"{DATA}/sft.jsonl"], "quantMethod": "bnb", "quantBits": 4}},
    **{
        kind: {"task": "rlhf", "train": {"dataset": [f"{DATA}/dpo.jsonl"], "rlhfType": kind}}
        for kind in ("dpo", "orpo", "simpo", "cpo")
    },
    "rm": {"task": "rlhf", "train": {"dataset": [f"{DATA}/dpo.jsonl"], "rlhfType": "rm", "tuner": "full"}},
    "kto": {"task": "rlhf", "train": {"dataset": [f"{DATA}/kto.jsonl"], "rlhfType": "kto"}},
    "gkd": {
        "task": "rlhf",
        "train": {"dataset": [f"{DATA}/sft.jsonl"], "rlhfType": "gkd"},
        "extraArgs": {"teacher_model": f"/cache/models/{ID}", "max_completion_length": 8},
    },
    "grpo": {
        "task": "rlhf",
        "train": {"dataset": [f"{DATA}/grpo.jsonl"], "rlhfType": "grpo"},
        "extraArgs": GROUP,
    },
    # Judged by the result of rm, which is a whole model, as ms-swift values with no adapter; two steps of four rows.
    "ppo": {
        "task": "rlhf",
        "train": {"dataset": [f"{DATA}/grpo.jsonl#8"], "rlhfType": "ppo", "epochs": 1, "maxSteps": ""},
        "extraArgs": {
            "reward_model": ["/cache/outputs/rm/last-checkpoint"],
            "max_completion_length": 8,
        },
    },
}
EVAL: dict[str, Any] = {
    "task": "eval",
    "apiKey": {"existingSecret": "key"},
    "eval": {"url": "http://serve-ms-swift:8080/v1", "model": MODEL, "datasets": ["general_mcq"], "limit": 3},
    "extraArgs": {
        "eval_generation_config": {"max_tokens": 4},
        "eval_dataset_args": {"general_mcq": {"local_path": DATA, "subset_list": ["choices"]}},
    },
}


@pytest.fixture(scope="module")
def site() -> Iterator[Place]:
    """A namespace that enforces Pod Security, and a service that answers there, to ask it and to look at the claim."""
    with place("engine-tasks", "pod-security.kubernetes.io/enforce=restricted") as made:
        made.given("secret generic", "key", f"--from-literal=api-key={KEY}")
        made.install("serve", merged(REAL, {"apiKey": {"existingSecret": "key"}}), "--wait", "--timeout=200s")
        yield made
        for release in made.helm("list", "--short")[1].split():
            made.helm("uninstall", release, "--wait")


@contextlib.contextmanager
def service(site: Place, values: dict[str, Any]) -> Iterator[str]:
    """The address of a service that answers, gone afterwards."""
    given = merged(REAL, {"service": {"type": "NodePort", "nodePort": NODE_PORT}}, values)
    site.install("other", given, "--wait", "--timeout=150s")
    with entry(NODE_PORT) as address:
        until(lambda: ask(address, {}, path="/health")[0], 30, "a service that listens")
        yield address
    site.helm("uninstall", "other", "--wait")


def inside(site: Place, program: str) -> Any:
    """What a line of Python says about the claim."""
    words = ("exec", "deployment/serve-ms-swift", "--container=engine", "--", "python", "-c")
    return json.loads(site.kubectl(*words, f"import glob, json; print(json.dumps({program}))"))


@pytest.mark.parametrize("kind", TRAININGS)
def test_training(site: Place, kind: str) -> None:
    site.install(kind, merged(REAL, {"train": TRAIN}, TRAININGS[kind]))
    finished(site, kind, 120)
    told = [json.loads(line) for line in log(site, kind).splitlines() if line.startswith('{"event": "progress"')]
    assert told[-1]["global_step/max_steps"] == f"{STEPS}/{STEPS}"
    weights = "model" if TRAININGS[kind]["train"].get("tuner") == "full" else "adapter_model"
    assert inside(site, f"glob.glob('/cache/outputs/{kind}/last-checkpoint/{weights}.safetensors')")


def test_samples_are_drawn(site: Place) -> None:
    more = {"num_return_sequences": 2, "max_new_tokens": 4}
    values = {"task": "sample", "infer": {"dataset": [f"{DATA}/sft.jsonl#4"]}, "extraArgs": more}
    site.install("sample", merged(REAL, values))
    finished(site, "sample", 120)
    found = "[json.loads(row) for name in glob.glob('/cache/outputs/sample/*.jsonl') for row in open(name)]"
    rows = inside(site, found)
    assert len(rows) == 4 * 2
    assert all(row["messages"][-1]["role"] == "assistant" for row in rows)


def test_answers_are_inferred(site: Place) -> None:
    values = {"task": "infer", "infer": {"dataset": [f"{DATA}/sft.jsonl#3"]}, "extraArgs": {"max_new_tokens": 4}}
    site.install("infer", merged(REAL, values))
    finished(site, "infer", 120)
    rows = inside(site, "[json.loads(row) for row in open('/cache/outputs/infer/result.jsonl')]")
    assert [bool(row["response"]) for row in rows] == [True] * 3


def test_a_running_service_is_evaluated_once(site: Place) -> None:
    site.install("eval", merged(REAL, EVAL))
    finished(site, "eval", 120)
    found = "[json.load(open(name)) for name in glob.glob('/cache/outputs/eval/native/*/reports/*/general_mcq.json')]"
    (report,) = inside(site, found)
    assert report["model_name"] == MODEL
    assert report["metrics"][0]["num"] == 3
    assert 0 <= report["metrics"][0]["score"] <= 1
    assert KEY not in log(site, "eval")
    site.helm("uninstall", "eval", "--wait")
    site.install("eval", merged(REAL, EVAL))
    finished(site, "eval", 60)
    assert "/cache/outputs/eval already holds this result; nothing to do" in log(site, "eval")


def test_quantised_weights_are_served(site: Place) -> None:
    site.install("bnb", merged(REAL, {"task": "export", "export": {"quantMethod": "bnb", "quantBits": 4}}))
    finished(site, "bnb", 120)
    result = f"/cache/outputs/bnb/{MODEL}"
    assert inside(site, f"json.load(open('{result}/config.json'))['quantization_config']['load_in_4bit']") is True
    with service(site, {"model": {"id": "", "path": result}}) as address:
        status, text = ask(address, chat("hi"))
        assert (status, json.loads(text)["usage"]["completion_tokens"]) == (200, 16)


def test_embeddings_are_vectors(site: Place) -> None:
    with service(site, {"task": "embedding"}) as address:
        status, text = ask(address, {"model": MODEL, "input": "hello"}, path="/v1/embeddings")
        vector = json.loads(text)["data"][0]["embedding"]
        assert (status, len(vector)) == (200, 64)
        assert math.isclose(math.hypot(*vector), 1, rel_tol=1e-3)


def test_pairs_are_ranked(site: Place) -> None:
    pair = [{"role": "user", "content": "What is 1 + 1?"}, {"role": "assistant", "content": "2"}]
    with service(site, {"task": "reranker"}) as address:
        status, text = ask(address, {"model": MODEL, "messages": pair})
        (score,) = json.loads(text)["choices"][0]["message"]["content"]
        assert status == 200
        assert 0 < score < 1
