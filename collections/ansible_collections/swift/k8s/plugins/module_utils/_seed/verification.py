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
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Optional

from .._cluster.cluster import Cluster
from . import findings
from .errors import SeedError
from .labels import LABELS, label_value, object_name
from .objects import PACKAGE, config_map, job_spec
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


def keep(
    cluster: Cluster, wish: Wish, schedule: str, timezone: str = "", check_mode: bool = False
) -> tuple[bool, dict[str, Any]]:
    """Let the cluster have the CronJob, or none where the schedule is empty. Returns (changed, how it stands)."""
    found = cluster.get(*CRON_JOB, name(wish), wish.namespace)
    if not schedule:
        if found and not check_mode:
            cluster.delete(*CRON_JOB, name(wish), namespace=wish.namespace)
        return bool(found), {}
    cron_job, files = build(wish, schedule, engine_sources(), timezone)
    changed = _digest(found) != _digest(cron_job)
    if changed and not check_mode:
        made = cluster.apply(cron_job, field_manager="swift-k8s", force=True)
        owner = {**{key: cron_job[key] for key in ("apiVersion", "kind")}, "name": name(wish)}
        owners = [{**owner, "uid": made["metadata"]["uid"]}]
        meta = {**files["metadata"], "ownerReferences": owners}
        cluster.apply({**files, "metadata": meta}, field_manager="swift-k8s", force=True)
    return changed, {**_told(found, schedule), **(_last(cluster, wish) if found else NOTHING_FOUND)}


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
