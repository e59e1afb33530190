# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
name: audit_table
short_description: One table of releases and drift over all clusters
version_added: 0.1.0
author:
  - swift.k8s maintainers (@swift-k8s)
description:
  - Turns what M(swift.k8s.release_info) returned for each cluster into lines of text.
positional: _input
options:
  _input:
    description: Cluster name to its result, or to C({error} message) where it could not be read.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show it
  ansible.builtin.debug:
    msg: "{{ {'prod': installed} | swift.k8s.audit_table }}"
"""

RETURN = r"""
_value:
  description: Lines of text, the heading first.
  type: list
  elements: str
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

HEADING = ("CLUSTER", "VERSION", "RELEASE", "CHART", "REVISION", "STATUS", "DRIFT")


def audit_table(clusters: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Aligned columns; drifted fields on lines of their own below their release."""
    rows = [row for cluster in sorted(clusters) for row in _rows(cluster, clusters[cluster])]
    cells = [HEADING, *(row for row, _notes in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(HEADING))]
    lines = [_line(HEADING, widths)]
    for row, notes in rows:
        lines.append(_line(row, widths))
        lines.extend(f"  {note}" for note in notes)
    return lines


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip()


def _rows(cluster: str, result: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], list[str]]]:
    version = str(result.get("server_version", "-"))
    if result.get("error"):
        yield (cluster, "-", "-", "-", "-", "unreadable", "-"), [str(result["error"])]
        return
    if not result.get("releases"):
        yield (cluster, version, "-", "-", "-", "-", "-"), []
    for release in result.get("releases", []):
        drift = release.get("drift") or []
        name = f"{release['namespace']}/{release['name']}"
        chart = f"{release['chart']}-{release['chart_version']}"
        count = str(len(drift)) if drift else "none"
        yield (
            (cluster, version, name, chart, str(release["revision"]), _status(release), count),
            [_note(one) for one in drift],
        )


def _status(release: Mapping[str, Any]) -> str:
    """Helm's status; "unseen" where nobody has seen a revision of ours become ready."""
    return str(release["status"]) + (" unseen" if release.get("managed") and not release.get("ready") else "")


def _note(finding: Mapping[str, Any]) -> str:
    by = f" by {finding['changed_by']} at {finding['changed_at']}" if finding.get("changed_by") else ""
    if finding["drift"] == "missing":
        return f"{finding['object']} is missing"
    values = f": {finding['declared']!r} is now {finding['live']!r}" if finding["drift"] == "changed" else ""
    return f"{finding['object']} {finding['field']} {finding['drift']}{by}{values}"


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"audit_table": audit_table}
