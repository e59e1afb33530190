"""Runs in a pod: asks addresses in turn at a fixed rate and prints what each gave, as JSON.

chart_load.py RATE SECONDS ROUNDS NAME=HOST:PORT…      RATE in requests a second, over connections that stay open
"""

from __future__ import annotations

import http.client
import json
import statistics
import sys
import threading
import time

THREADS = 10
BODY = json.dumps({"model": "Qwen2.5-tiny-random", "max_tokens": 8, "messages": [{"role": "user", "content": "hello"}]})


def ask(address: str, pause: float, end: float, seconds: list[float]) -> None:
    """One connection: a request every `pause` seconds, as far as the answers allow."""
    connection = http.client.HTTPConnection(address, timeout=30)
    due = time.perf_counter()
    while (now := time.perf_counter()) < end:
        if now < due:
            time.sleep(due - now)
        begin = time.perf_counter()
        connection.request("POST", "/v1/chat/completions", BODY, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        answer.read()
        if answer.status == 200:
            seconds.append(time.perf_counter() - begin)
        due += pause
    connection.close()


def measure(address: str, rate: float, length: float) -> tuple[float, float]:
    """Median milliseconds, and answers a second."""
    seconds: list[float] = []
    begin = time.perf_counter()
    given = (address, THREADS / rate, begin + length, seconds)
    threads = [threading.Thread(target=ask, args=given) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
        time.sleep(1 / rate)
    for thread in threads:
        thread.join()
    return statistics.median(seconds) * 1000, len(seconds) / (time.perf_counter() - begin)


def main(rate: str, length: str, rounds: str, *addresses: str) -> None:
    found: dict[str, list[tuple[float, float]]] = {}
    for _ in range(int(rounds)):
        for name, _, address in (item.partition("=") for item in addresses):
            found.setdefault(name, []).append(measure(address, float(rate), float(length)))
    middle = {name: [statistics.median(column) for column in zip(*rows)] for name, rows in found.items()}
    print(json.dumps({name: {"ms": ms, "rate": reached} for name, (ms, reached) in middle.items()}))


if __name__ == "__main__":
    main(*sys.argv[1:])
