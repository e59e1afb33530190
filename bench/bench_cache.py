"""The downloader against its goals and its peers, all in one run on the loopback. About eight minutes.

usage: bench_cache.py [throughput] [limit] [kill] [unchanged] [many]     all of them when none is named
"""

from __future__ import annotations

import math
import os
import random
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

import cache_peers as peers
from cache_site import MIB, Relay, Seeder, Site, site
from figures import Figure, load, save

COMMAND = "make bench-cache"
#: best of so many; more on a machine that others use as well
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))
LIMIT_SECONDS = 13
KILLS = 20
FILES = 50_000
MODELS = {"1 x 2 GiB": {"a.safetensors": 2 << 30}, "8 x 256 MiB": {f"{n}.safetensors": 256 * MIB for n in range(8)}}


def throughput(place: Site) -> list[Figure]:
    """Best of three rounds for everybody, taken in turns; each round fetches everything anew."""
    return [figure for shape, files in MODELS.items() for figure in _rounds(place, shape, files)]


def _rounds(place: Site, shape: str, files: dict[str, int]) -> list[Figure]:
    model, size = "bench/" + shape.replace(" ", ""), sum(files.values()) / MIB
    place.put(model, files)
    best: dict[str, float] = {}
    work = Work({}, {})
    resident: list[int] = []

    def ours(_place: Site, _model: str) -> None:
        resident.append(Seeder(place, [model]).end()[1])

    for _round in range(ROUNDS):
        for name, peer in {"ours": ours, **peers.installed()}.items():
            place.clean()
            before = place.cpu_seconds()
            best[name] = max(best.get(name, 0.0), size / peers.seconds(peer, place, model))
            work.add(name, before, place.cpu_seconds(), size / 1024)
    sha256 = max(peers.one_core_sha256() for _round in range(ROUNDS))
    place.clean()
    place.drop(model)
    rates = {**{name: round(rate) for name, rate in best.items()}, "sha256, one core": round(sha256)}
    return _throughput_figures(shape, rates, max(resident)) + work.figures(shape, sha256)


@dataclass
class Work:
    """CPU seconds for a GiB, the least of all rounds: in whoever fetched it, and in the hub that sent it."""

    clients: dict[str, float]
    hub: dict[str, float]

    def add(self, name: str, before: tuple[float, float], after: tuple[float, float], gib: float) -> None:
        for kept, old, new in zip((self.clients, self.hub), before, after):
            kept[name] = round(min(kept.get(name, math.inf), (new - old) / gib), 2)

    def figures(self, shape: str, sha256: float) -> list[Figure]:
        """What a GiB costs, and so how fast this machine can be at all: whoever verifies reads, writes and hashes."""
        name, cores = shape.replace(" ", ""), len(os.sched_getaffinity(0))
        others = {**self.clients, "hub, sending to us": self.hub["ours"], "sha256 alone": round(1024 / sha256, 2)}
        what = f"CPU seconds for a GiB, {shape}, process start included; load {os.getloadavg()[1]:.0f} on {cores} cores"
        told = [Figure(f"work-{name}", what, others.pop("ours"), "s/GiB", "", None, others, COMMAND)]
        if "curl" in self.clients:
            needed = self.hub["curl"] + self.clients["curl"] + 1024 / sha256
            most = f"the most that {cores} cores allow, {shape}: hub and curl to a file as measured, and sha256"
            told.append(Figure(f"bound-{name}", most, round(cores * 1024 / needed), "MiB/s", "", None, {}, COMMAND))
        return told


def _throughput_figures(shape: str, best: dict[str, int], memory: int) -> list[Figure]:
    ours = best.pop("ours")
    rival = max((best[name] for name in peers.VERIFYING if name in best), default=0)
    ceiling = min(best.get("curl", ours), best["sha256, one core"])
    name = shape.replace(" ", "")
    what = f"verified throughput, {shape}, from memory to memory, process start included"
    rates = {peer: float(rate) for peer, rate in best.items()}
    twice, near = (
        f">= {2 * rival} (2 x the best that verifies)",
        f">= {0.9 * ceiling:.0f} (0.9 x min of curl and sha256)",
    )
    resident = round(memory / MIB, 1)
    return [
        Figure(f"throughput-{name}", what, ours, "MiB/s", twice, ours >= 2 * rival, rates, COMMAND),
        Figure(f"throughput-{name}-ceiling", what, ours, "MiB/s", near, ours >= 0.9 * ceiling, rates, COMMAND),
        Figure(
            f"memory-{name}", f"peak resident memory, {shape}", resident, "MiB", "<= 64", resident <= 64, {}, COMMAND
        ),
    ]


def limit(place: Site) -> list[Figure]:
    """Counted by a relay between client and hub, from the third second on."""
    figures = []
    relay = Relay(place.hub)
    for rate in (8, 64):
        model = f"bench/limit{rate}"
        place.put(model, {f"{number}.bin": rate * (LIMIT_SECONDS + 3) * MIB // 4 for number in range(4)})
        for processes, workers in ((1, 4), (2, 2)):
            place.clean()
            relay.reset()
            names = [f"{number}" for number in range(processes)]
            wish = {"rate_limit": f"{rate}MiB/s", "workers": workers}
            seeders = [Seeder(place, [model], relay.url, name, **wish) for name in names]
            time.sleep(LIMIT_SECONDS)
            for seeder in seeders:
                seeder.kill()
            figures += _limit_figures(rate, processes, workers, relay.seconds()[2:-1])
        place.drop(model)
    return figures


def _limit_figures(rate: int, processes: int, workers: int, seconds: list[float]) -> list[Figure]:
    name = f"limit-{rate}MiB-{processes}x{workers}"
    what = f"limit of {rate} MiB/s, {processes} process(es) x {workers} files, after 2 s"
    error = round(abs(statistics.fmean(seconds) / (rate * MIB) - 1) * 100, 2)
    worst = round(max(second / (rate * MIB) - 1 for second in seconds) * 100, 2)
    return [
        Figure(f"{name}-error", f"{what}: error of the mean", error, "%", "<= 1", error <= 1, {}, COMMAND),
        Figure(f"{name}-worst", f"{what}: worst second above the limit", worst, "%", "<= 2", worst <= 2, {}, COMMAND),
    ]


def kill(place: Site) -> list[Figure]:
    """SIGKILL at random moments, each in a download of its own; a relay counts what passed the link twice.

    Once with a limit that stays, and once with one in a file that may change while it runs, as Jobs have it.
    """
    model, size = "bench/kill", 32 * MIB
    relay = Relay(place.hub)
    place.put(model, {f"{number}.bin": size // 4 for number in range(4)})
    file = place.scratch / "rate"
    file.write_text("8MiB/s")
    limits = {"kill": ("fixed", "8MiB/s", {}), "kill-job": ("in a file", "unlimited", {"rate_file": str(file)})}
    figures = []
    for name, (kind, rate, document) in limits.items():
        again = [_killed(place, relay, model, size, random.Random(number), rate, document) for number in range(KILLS)]
        before = relay.total()
        Seeder(place, [model], relay.url, verify="full").end()
        unharmed = relay.total() - before < MIB // 4
        worst, mean = round(max(again), 2), round(statistics.fmean(again), 2)
        what = f"bytes that passed the link again after kill -9, worst of {KILLS} (mean {mean} MiB)"
        shape = f"4 files at 8 MiB/s, limit {kind}"
        figures.append(Figure(name, f"{what}; {shape}", worst, "MiB", "<= 1", worst <= 1 and unharmed, {}, COMMAND))
    place.drop(model)
    return figures


def _killed(
    place: Site, relay: Relay, model: str, size: int, chance: random.Random, rate: str, document: dict[str, str]
) -> float:
    """MiB that passed twice."""
    place.clean()
    relay.reset()
    first = Seeder(place, [model], relay.url, rate_limit=rate, **document)
    time.sleep(chance.uniform(0.4, 2.5))
    first.kill()
    Seeder(place, [model], relay.url, rate_limit="unlimited").end()
    return (relay.total() - size) / MIB


def unchanged(place: Site) -> list[Figure]:
    """20 models of 100 files, asked of the hub again; the whole process, interpreter start included."""
    models = [f"bench/model{number}" for number in range(20)]
    for model in models:
        place.put(model, {f"{number:03}.json": 100 for number in range(100)})
    place.clean()
    Seeder(place, models).end()
    spent = min(Seeder(place, models).end()[0] for _round in range(ROUNDS))
    for model in models:
        place.drop(model)
    what = "unchanged run, 20 models, 2,000 files, listings asked for and every file compared"
    return [Figure("unchanged", what, round(spent, 2), "s", "<= 1", spent <= 1, {}, COMMAND)]


def many(place: Site) -> list[Figure]:
    """What is in memory grows with the number of files, not with their size."""
    model = "bench/many"
    place.put(model, {f"d{number % 50:02}/{number:05}.txt": 10 for number in range(FILES)})
    place.clean()
    figures = []
    for run in ("first", "unchanged", "one file moved"):
        if run == "one file moved":
            place.replace(model, "d07/00007.txt")
        resident = round(Seeder(place, [model]).end()[1] / MIB, 1)
        what = f"peak resident memory, {FILES:,} small files, {run} run"
        figures.append(
            Figure(f"memory-{FILES}-{run.split()[-1]}", what, resident, "MiB", "<= 64", resident <= 64, {}, COMMAND)
        )
    place.clean()
    place.drop(model)
    return figures


PARTS: dict[str, Callable[[Site], list[Figure]]] = {
    "throughput": throughput,
    "limit": limit,
    "kill": kill,
    "unchanged": unchanged,
    "many": many,
}


def main(arguments: list[str]) -> int:
    """Figures of parts that were not named stay as they were measured last."""
    measured: dict[str, Figure] = {}
    for known in load():
        if known.pop("area") == "cache":
            measured[known["id"]] = Figure(**known)
    for sentence in peers.absent():
        print(sentence, flush=True)
    with site() as place:
        for name in arguments or PARTS:
            for figure in PARTS[name](place):
                measured[figure.id] = figure
                print(
                    f"{figure.id}: {figure.value} {figure.unit} (goal {figure.goal}) {figure.peers or ''}", flush=True
                )
            save("cache", list(measured.values()))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
