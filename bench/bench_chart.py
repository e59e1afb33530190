"""The chart: rendering its examples, what it adds to an engine's start, and what its proxy costs. About two minutes.

usage: bench_chart.py            on a running lab (make lab-engines); the engine is the lab's stand-in
"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Mapping
from typing import Any

import chart_pods as pods
import render_examples
from figures import Figure, save

COMMAND = "make bench-chart"
ROUNDS = 10
DEVICE = {"accelerator": {"vendor": "nvidia", "count": 1}, "engine": {"backend": "transformers"}}
RATE, SECONDS, LOAD_ROUNDS = 200, 8, 3


def render() -> Figure:
    """The slowest example, each as fast as it gets in three renders."""
    best = {name: min(seconds_of(name) for _ in range(3)) for name in render_examples.names()}
    slowest = max(best, key=lambda name: best[name])
    what = f"rendering the slowest of {len(best)} examples ({slowest}); median {statistics.median(best.values()):.3f} s"
    return Figure("render", what, round(best[slowest], 3), "s", "<= 0.2", best[slowest] <= 0.2, command=COMMAND)


def seconds_of(name: str) -> float:
    """One `helm template`."""
    begin = time.perf_counter()
    render_examples.template(name)
    return time.perf_counter() - begin


def start(name: str, what: str, values: Mapping[str, Any]) -> Figure:
    """From a verified cache to the first answer, beside the same engine started by hand.

    kubelet looks once a second whether an initContainer has ended (its pod lifecycle event generator), and a pod's
    removal ends with such a look: each round asks at another part of that second.
    """
    pods.helm("upgrade", "--install", "chart", str(pods.CHART), "--wait", values={**pods.VALUES, **values})
    pods.apply(pods.ENTRY)
    pods.apply(pods.by_hand("chart-ms-swift"))
    pods.kubectl("scale", "deployment/chart-ms-swift", "--replicas=0")
    pods.kubectl("wait", "pod", "--selector=bench=chart", "--for=delete", "--timeout=60s")
    taken: dict[str, list[float]] = {"chart-ms-swift": [], "by-hand": []}
    with pods.forwarded() as address:
        for part in range(ROUNDS):
            for deployment, seconds in taken.items():
                time.sleep(part / ROUNDS)
                seconds.append(pods.seconds_to_answer(deployment, address))
    chart, hand = (statistics.median(seconds) for seconds in taken.values())
    what = f"what the chart adds to an engine's start on a verified cache, {what}, median of {ROUNDS}"
    peers = {"chart": round(chart, 2), "by hand": round(hand, 2)}
    return Figure(name, what, round(chart - hand, 2), "s", "<= 1", chart - hand <= 1, peers, COMMAND)


def proxy() -> list[Figure]:
    """Latency and throughput of the same engine with and without the proxy in between."""
    wanted = {**pods.VALUES, "proxy": {"enabled": True, "maxConcurrency": 256}}
    pods.helm("upgrade", "--install", "chart", str(pods.CHART), "--wait", values=wanted)
    pods.kubectl("rollout", "status", "deployment/chart-ms-swift", "--timeout=60s")
    (pod,) = json.loads(pods.kubectl("get", "pods", "--selector=bench=chart", "--output=json"))["items"]
    address = pod["status"]["podIP"]
    told = pods.load_pod({"direct": f"{address}:8000", "proxy": f"{address}:8081"}, RATE, SECONDS, LOAD_ROUNDS)
    direct, proxied = told["direct"], told["proxy"]
    added = proxied["ms"] - direct["ms"]
    cost = (1 - proxied["rate"] / direct["rate"]) * 100
    latency = {"direct": round(direct["ms"], 2), "proxy": round(proxied["ms"], 2)}
    rates = {"direct": round(direct["rate"], 1), "proxy": round(proxied["rate"], 1)}
    slow, dear = "what the proxy adds to the median answer", f"throughput that the proxy costs at {RATE} requests/s"
    return [
        Figure("proxy-latency", slow, round(added, 2), "ms", "<= 1", added <= 1, latency, COMMAND),
        Figure("proxy-throughput", dear, round(cost, 2), "%", "<= 3", cost <= 3, rates, COMMAND),
    ]


def main() -> None:
    """Measure all and keep it."""
    found = [render()]
    with pods.namespace():
        found.append(start("start", "CPU", {}))
        with pods.devices():
            found.append(start("start-device", "simulated GPU", DEVICE))
        found += proxy()
    save("chart", found)
    for figure in found:
        print(f"{figure.id}: {figure.value} {figure.unit} (goal {figure.goal}) {figure.peers}")


if __name__ == "__main__":
    main()
