# SPDX-License-Identifier: Apache-2.0
"""helm test: ask the service one question through its own address, with its key.

python ask.py URL TASK MODEL [KEY_FILE]
"""

from __future__ import annotations

import json
import sys
import urllib.request
from pathlib import Path
from typing import Any

QUESTIONS: dict[str, tuple[str, dict[str, Any]]] = {
    "deploy": ("/v1/chat/completions", {"max_tokens": 8, "messages": [{"role": "user", "content": "Say hello."}]}),
    "embedding": ("/v1/embeddings", {"input": "hello"}),
    "reranker": ("/v1/embeddings", {"input": "hello"}),
}


def request(url: str, task: str, model: str, key: str) -> urllib.request.Request:
    path, body = QUESTIONS[task]
    headers = {"Content-Type": "application/json", **({"Authorization": f"Bearer {key}"} if key else {})}
    return urllib.request.Request(url + path, json.dumps({"model": model, **body}).encode(), headers)


def answer(task: str, reply: dict[str, Any]) -> str:
    """What the model said, or a ValueError when it is no answer."""
    if task == "deploy":
        return str(reply["choices"][0]["message"]["content"])
    vector = reply["data"][0]["embedding"]
    if not vector:
        raise ValueError("empty vector")
    return f"{len(vector)} numbers"


def main(url: str, task: str, model: str, key_file: str = "") -> int:
    key = Path(key_file).read_text(encoding="utf-8").strip() if key_file else ""
    try:
        with urllib.request.urlopen(request(url, task, model, key), timeout=120) as response:
            print(f"{model} answers: {answer(task, json.load(response))}")
    except (OSError, ValueError, LookupError) as error:
        print(f"{url} gave no answer for {model}: {error}. See the logs of the engine.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
