"""`make demo`: deploy a real ms-swift on the lab, ask it a question, run again and show that nothing changed.

Writes build/demo.json and ends with one line: demo: ok answer_chars=N rerun_changed=0 rerun_writes=0 minutes=M
"""

from __future__ import annotations

import json
import os
import sys
import time
from typing import Any

from lab_run import BUILD, RunError, judge, lab, playbook

QUESTION = "What is a model cache good for?"


def say(text: str) -> None:
    """A heading between the steps."""
    print(f"\n=== {text}", flush=True)


def own_cluster() -> bool:
    """Whether the user brought a cluster instead of the lab."""
    return bool(os.environ.get("LAB_KUBECONFIG"))


def demo() -> dict[str, Any]:
    """All steps; the figures of build/demo.json."""
    started = time.monotonic()
    BUILD.mkdir(exist_ok=True)
    if own_cluster():
        say("LAB_KUBECONFIG is set: no lab is started, and writes are not counted (there is no audit log to read)")
    else:
        say("1/4 the lab: a real cluster on this machine")
        lab("lab", "up")
        lab("lab.engine", "publish")
    say("2/4 the deployment")
    first_changed, first = playbook("deploy", BUILD / "demo-first.json")
    say("3/4 a question")
    answer = ask()
    say("4/4 the same deployment again: nothing may change")
    mark = "" if own_cluster() else judge("mark")
    changed, second = playbook("deploy", BUILD / "demo-second.json")
    writes = None if own_cluster() else json.loads(judge("since", mark, "--json"))["writes"]
    return {
        "question": QUESTION,
        "answer": answer,
        "first": {"changed": first_changed, "stages": first},
        "rerun": {"changed": changed, "writes": writes, "stages": second},
        "minutes": round((time.monotonic() - started) / 60, 1),
    }


def ask() -> str:
    """Ask the deployed model through the verify playbook; the answer's text."""
    transcript = BUILD / "demo-transcript.json"
    transcript.unlink(missing_ok=True)
    playbook(
        "verify",
        BUILD / "demo-verify.json",
        "-e",
        json.dumps({"ms_swift_probe_question": QUESTION, "ms_swift_probe_transcript": str(transcript)}),
    )
    return str(json.loads(transcript.read_text(encoding="utf-8"))["answer"])


def main() -> int:
    """Run the demo; 0 when the answer came and the second run changed and wrote nothing."""
    try:
        figures = demo()
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
    if not own_cluster():
        print("The lab is still running. Look around:  export KUBECONFIG=build/lab/kubeconfig; kubectl get pods -A")
        print("Remove it without trace:                make lab-down\n")
    print(
        f"demo: {'ok' if good else 'FAILED'} answer_chars={len(figures['answer'])} rerun_changed={rerun['changed']} "
        f"rerun_writes={'unknown' if rerun['writes'] is None else rerun['writes']} minutes={figures['minutes']}"
    )
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
