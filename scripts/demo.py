"""`make demo`: deploy a real ms-swift, ask it a question, run again and show that nothing changed.

On the lab, or on the cluster that LAB_KUBECONFIG names. Writes build/demo.json and ends with one line:
demo: ok answer_chars=N rerun_changed=0 rerun_writes=0 minutes=M
"""

from __future__ import annotations

import json
import signal
import sys
import time
from typing import Any

from demo_cluster import Ground, ground
from lab_run import BUILD, RunError, playbook

QUESTION = "What is a model cache good for?"


def say(text: str) -> None:
    """A heading between the steps."""
    print(f"\n=== {text}", flush=True)


def demo(place: Ground) -> dict[str, Any]:
    """All steps; the figures of build/demo.json."""
    started = time.monotonic()
    BUILD.mkdir(exist_ok=True)
    say("1/4 the cluster")
    skipped = place.prepare()
    for reason in skipped:
        print(f"skipped: {reason}", flush=True)
    say("2/4 the deployment")
    first_changed, first = playbook("deploy", BUILD / "demo-first.json", inventory=place.inventory)
    say("3/4 a question")
    answer = ask(place)
    say("4/4 the same deployment again: nothing may change")
    mark = place.mark()
    changed, second = playbook("deploy", BUILD / "demo-second.json", inventory=place.inventory)
    return {
        "question": QUESTION,
        "answer": answer,
        "skipped": skipped,
        "first": {"changed": first_changed, "stages": first},
        "rerun": {"changed": changed, "writes": place.writes(mark), "stages": second},
        "minutes": round((time.monotonic() - started) / 60, 1),
    }


def ask(place: Ground) -> str:
    """Ask the deployed model through the verify playbook; the answer's text."""
    transcript = BUILD / "demo-transcript.json"
    transcript.unlink(missing_ok=True)
    asked = {"ms_swift_probe_question": QUESTION, "ms_swift_probe_transcript": str(transcript)}
    playbook("verify", BUILD / "demo-verify.json", "-e", json.dumps(asked), inventory=place.inventory)
    return str(json.loads(transcript.read_text(encoding="utf-8"))["answer"])


def main() -> int:
    """Run the demo; 0 when the answer came and the second run changed and wrote nothing."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)  # also where a shell started us deaf, in the background
    try:
        place = ground()
        figures = demo(place)
    except RunError as problem:
        print(f"\ndemo: {problem}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\ndemo: interrupted; `make demo` goes on from where it was.", file=sys.stderr)
        return 130
    (BUILD / "demo.json").write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    rerun = figures["rerun"]
    good = bool(figures["answer"]) and rerun["changed"] == 0 and not rerun["writes"]
    print(f"\nquestion: {figures['question']}\nanswer:   {figures['answer']}\n")
    print("\n".join(place.farewell()) + "\n")
    print(
        f"demo: {'ok' if good else 'FAILED'} answer_chars={len(figures['answer'])} rerun_changed={rerun['changed']} "
        f"rerun_writes={'unknown' if rerun['writes'] is None else rerun['writes']} minutes={figures['minutes']}"
    )
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
