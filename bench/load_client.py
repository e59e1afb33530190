"""A client that keeps asking at a fixed rate, however slow the answers: python load_client.py URL RATE MODEL

Every request has a connection of its own and no second try, so whatever a rollout drops is seen. Each second one line
of JSON tells what has been sent, answered and failed since the start. Standard library only: it runs in a pod.
"""

from __future__ import annotations

import http.client
import json
import sys
import threading
import time
from collections import Counter
from urllib.parse import urlsplit

PATIENCE_SECONDS = 60


class Load:
    """Counts of one run; every request is a thread, so that a slow answer delays no other request."""

    def __init__(self, url: str, model: str) -> None:
        parts = urlsplit(url)
        self._place = (parts.hostname or "", parts.port or 80)
        question = [{"role": "user", "content": "Say hello."}]
        self._body = json.dumps({"model": model, "max_tokens": 4, "messages": question})
        self._lock = threading.Lock()
        self.sent = self.answered = 0
        self.slowest = 0.0
        self.failures: Counter[str] = Counter()

    def ask(self) -> None:
        """One request, and what became of it."""
        started = time.monotonic()
        failure = self._failure()
        seconds = time.monotonic() - started
        with self._lock:
            self.slowest = max(self.slowest, seconds)
            if failure:
                self.failures[failure] += 1
            else:
                self.answered += 1

    def _failure(self) -> str:
        connection = http.client.HTTPConnection(*self._place, timeout=PATIENCE_SECONDS)
        try:
            connection.request("POST", "/v1/chat/completions", self._body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            text = answer.read()
            whole = answer.status == 200 and bool(json.loads(text)["choices"][0]["message"]["content"])
        except (OSError, http.client.HTTPException, ValueError, LookupError) as error:
            return type(error).__name__ + f": {error}"
        finally:
            connection.close()
        return "" if whole else f"status {answer.status}"

    def line(self) -> str:
        """The totals so far."""
        with self._lock:
            totals = {"sent": self.sent, "answered": self.answered, "slowest": round(self.slowest, 2)}
            return json.dumps({**totals, "failed": sum(self.failures.values()), "failures": dict(self.failures)})


def main(url: str, rate: str, model: str) -> None:
    """Ask until somebody ends the process."""
    load, started = Load(url, model), time.monotonic()
    told = 0
    while True:
        load.sent += 1
        threading.Thread(target=load.ask, daemon=True).start()
        if int(time.monotonic() - started) > told:
            told = int(time.monotonic() - started)
            print(load.line(), flush=True)
        # the next one is due by the clock, not a pause after the last one
        time.sleep(max(0.0, started + load.sent / float(rate) - time.monotonic()))


if __name__ == "__main__":
    main(*sys.argv[1:])
