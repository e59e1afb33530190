# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0

"""Every byte of a volume verified at set times: a CronJob that runs the engine, which fetches damaged files alone.

Where all is well it asks no hub. It keeps to the rate limit. It does not wait for the site's Lease: what it fetches is
what a disk has lost.
"""

from __future__ import annotations

import hashlib
import json
import re
import zoneinfo
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple, Optional

from .._cluster.cluster import Cluster
from . import findings
from .errors import SeedError
from .labels import LABELS, label_value, object_name
from .objects import CACHE_VOLUME, PACKAGE, config_map, job_spec
from .observe import JOB, state_of, whole_log
from .sources import engine_sources
from .wish import CACHE, ENGINE, Wish

CRON_JOB = ("batch/v1", "CronJob")
ANNOTATION = "swift.k8s/verification"
#: of the Jobs that the CronJob makes; its value is the volume, or the volume and the node
LABEL = "swift.k8s/verified"
NOTHING_FOUND: dict[str, Any] = {"damaged": [], "warning": ""}
_SCHEDULE = re.compile(r"@(yearly|annually|monthly|weekly|daily|midnight|hourly)|(\S+ +){4}\S+")


def validate(schedule: str, timezone: str = "") -> None:
    """SeedError where this is no schedule, or no time zone that this host knows; the API server judges the rest."""
    known = zoneinfo.available_timezones()
    if timezone and known and timezone not in known:
        raise SeedError(f"verify_timezone '{timezone}' is no time zone. Write one such as Asia/Shanghai or Etc/UTC.")
    if schedule and not _SCHEDULE.fullmatch(schedule):
        raise SeedError(
            f"verify_schedule '{schedule}' is not a schedule. Write five fields (minute, hour, day of the month, "
            "month, day of the week), such as '0 3 * * 6' for Saturdays at three, or @weekly."
        )


def name(wish: Wish) -> str:
    """Of the CronJob and its ConfigMap: one a volume, or one a node."""
    return object_name("swift-k8s-verify", wish.place)


def build(
    wish: Wish, schedule: str, sources: Mapping[str, str], timezone: str = ""
) -> tuple[dict[str, Any], dict[str, Any]]:
    """CronJob and ConfigMap (pure). Runs are told apart from seeding Jobs by having no volume's label."""
    labels = {**LABELS, LABEL: label_value(wish.place)}
    full = replace(wish, verify="full")
    meta = {"name": name(wish), "namespace": wish.namespace, "labels": dict(LABELS)}
    files = {**config_map(full, "", sources), "metadata": meta}
    work = job_spec(full, name(wish), sources, labels)
    work["template"]["spec"]["containers"][0]["args"] = [f"{PACKAGE}._seed.recheck", CACHE, f"{ENGINE}/spec.json"]
    spec = {
        "schedule": schedule,
        **({"timeZone": timezone} if timezone else {}),
        "concurrencyPolicy": "Forbid",
        "successfulJobsHistoryLimit": 1,
        "failedJobsHistoryLimit": 3,
        "jobTemplate": {"metadata": {"labels": labels}, "spec": work},
    }
    digest = hashlib.sha256(json.dumps([spec, files], sort_keys=True).encode()).hexdigest()[:10]
    annotated = {**meta, "annotations": {ANNOTATION: digest}}
    return {"apiVersion": "batch/v1", "kind": "CronJob", "metadata": annotated, "spec": spec}, files


class Kept(NamedTuple):
    """Whether anything changes, how each place's CronJob stands, and the CronJobs of places that are none any more."""

    changed: bool
    told: dict[str, dict[str, Any]]
    gone: list[str]


def keep(
    cluster: Cluster,
    places: Sequence[Wish],
    schedule: str,
    timezone: str = "",
    check_mode: bool = False,
    spared: Sequence[Wish] = (),
) -> Kept:
    """Let each place of a volume have its CronJob, or none where the schedule is empty; those of other places go.

    `spared` are places that are away for now: what they have stays as it is.
    """
    found = _of_volume(cluster, places[0])
    wished = {name(place): place for place in places} if schedule else {}
    gone = sorted(set(found) - set(wished) - {name(place) for place in spared if schedule})
    if not check_mode:
        for each in gone:
            cluster.delete(*CRON_JOB, each, namespace=places[0].namespace)
    changed, told = bool(gone), {}
    for each, place in wished.items():
        news = _ensure(cluster, place, found.get(each), schedule, timezone, check_mode)
        changed = changed or news
        last = _last(cluster, place) if each in found else NOTHING_FOUND
        told[place.place] = {**_told(found.get(each), schedule), **last}
    return Kept(changed, told or {place.place: {} for place in places}, gone)


def _of_volume(cluster: Cluster, wish: Wish) -> dict[str, dict[str, Any]]:
    """The CronJobs of ours that verify this volume, on whichever node, by name."""
    selector = ",".join(f"{key}={value}" for key, value in LABELS.items())
    found = cluster.list(*CRON_JOB, wish.namespace, label_selector=selector)
    return {each["metadata"]["name"]: each for each in found if _claim(each) == wish.volume}


def _claim(cron_job: Mapping[str, Any]) -> str:
    pod = cron_job["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    cache = [
        volume["persistentVolumeClaim"]["claimName"] for volume in pod["volumes"] if volume["name"] == CACHE_VOLUME
    ]
    return str(cache[0]) if cache else ""


def _ensure(
    cluster: Cluster,
    wish: Wish,
    found: Optional[Mapping[str, Any]],
    schedule: str,
    timezone: str,
    check_mode: bool,
) -> bool:
    cron_job, files = build(wish, schedule, engine_sources(), timezone)
    changed = _digest(found) != _digest(cron_job)
    if changed and not check_mode:
        made = cluster.apply(cron_job, field_manager="swift-k8s", force=True)
        owner = {**{key: cron_job[key] for key in ("apiVersion", "kind")}, "name": name(wish)}
        owners = [{**owner, "uid": made["metadata"]["uid"]}]
        meta = {**files["metadata"], "ownerReferences": owners}
        cluster.apply({**files, "metadata": meta}, field_manager="swift-k8s", force=True)
    return changed


def _last(cluster: Cluster, wish: Wish) -> dict[str, Any]:
    """What the last run that has ended found."""
    jobs = cluster.list(*JOB, wish.namespace, label_selector=f"{LABEL}={label_value(wish.place)}")
    job = findings.newest(jobs)
    if job is None:
        return NOTHING_FOUND
    state = state_of(cluster, job)
    files = findings.damaged(whole_log(cluster, wish.namespace, state.pod)) if state.pod else []
    return {"damaged": files, "warning": findings.warning(str(wish), job, state, files)}


def _digest(found: Optional[Mapping[str, Any]]) -> str:
    meta = (found or {}).get("metadata") or {}
    return str((meta.get("annotations") or {}).get(ANNOTATION, ""))


def _told(found: Optional[Mapping[str, Any]], schedule: str) -> dict[str, Any]:
    status = (found or {}).get("status") or {}
    return {
        "schedule": schedule,
        "last_run": status.get("lastScheduleTime", ""),
        "last_success": status.get("lastSuccessfulTime", ""),
    }
