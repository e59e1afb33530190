"""Small data sets in ms-swift's formats."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

#: under which the lab's hub serves them
ROWS_ID = "swift-lab/sums"
COUNT = 32


def write_rows(out: Path, count: int = COUNT) -> None:
    """sft, dpo, kto, grpo, pt and, for EvalScope's general_mcq, choices_val (.jsonl): sums of a number with itself."""
    out.mkdir(parents=True, exist_ok=True)
    for name, rows in _sets(count).items():
        text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        (out / f"{name}.jsonl").write_text(text, encoding="utf-8")


def _sets(count: int) -> dict[str, Iterator[dict[str, Any]]]:
    numbers = range(count)
    return {
        "sft": ({"messages": _talk(n, f"{n} + {n} = {2 * n}.")} for n in numbers),
        "dpo": ({"messages": _talk(n, f"It is {2 * n}."), "rejected_response": f"It is {2 * n + 1}."} for n in numbers),
        "kto": ({"messages": _talk(n, f"It is {2 * n + n % 2}."), "label": n % 2 == 0} for n in numbers),
        "grpo": ({"messages": _talk(n)[:1], "solution": str(2 * n)} for n in numbers),
        "choices_val": (_choices(n) for n in numbers),
        "pt": ({"messages": [{"role": "assistant", "content": f"Twice {n} is {2 * n}."}]} for n in numbers),
    }


def _talk(number: int, answer: str = "") -> list[dict[str, str]]:
    return [
        {"role": "user", "content": f"What is {number} + {number}?"},
        {"role": "assistant", "content": answer},
    ]


def _choices(number: int) -> dict[str, str]:
    answers = {letter: str(2 * number + place) for place, letter in enumerate("ABCD")}
    return {"id": str(number), "question": f"What is {number} + {number}?", **answers, "answer": "A"}
