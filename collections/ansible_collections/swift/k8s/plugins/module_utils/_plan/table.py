# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0

"""Plans as a table for people (pure)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .request import GIB

_HEAD = ("model", "task", "parameters", "weights", "KV cache", "other", "one device", "published", "fits on")
#: Nodes of a list that are named; the result has them all.
_SHOWN = 10


def table(
    plans: Sequence[Mapping[str, Any]],
    unplanned: Sequence[Mapping[str, str]] = (),
    left_out: Sequence[Mapping[str, str]] = (),
) -> str:
    """One row a model, columns aligned; below it those without a plan, nodes left out, what to change, and doubts."""
    rows = [_HEAD, *(_row(plan) for plan in plans)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows]
    lines += [f"not planned: {one['reason']}" for one in unplanned]
    if left_out:
        lines.append(
            f"left out, as no pod goes there now: {', '.join(map(_closed, left_out[:_SHOWN]))}{_rest(left_out)}"
        )
    for plan in plans:
        lines += [f"{plan['id']}: {text}" for text in (*plan["warnings"], *plan["advice"])]
        if plan["published"]:
            lines.append(f"{plan['id']}: published {plan['published']['gigabytes']} GB: {plan['published']['why']}")
    return "\n".join(lines)


def _row(plan: Mapping[str, Any]) -> tuple[str, ...]:
    parts = plan["parts"]
    other = plan["total_bytes"] - parts["weights"] - parts["kv_cache"]
    published = plan["published"]
    return (
        str(plan["id"]),
        str(plan["task"]),
        f"{plan['parameters'] / 1e9:.2f} B",
        _gib(parts["weights"]),
        f"{_gib(parts['kv_cache'])} ({plan['concurrency']} x {plan['context']})" if parts["kv_cache"] else "-",
        _gib(other),
        _gib(plan["total_bytes"]),
        f"{published['gigabytes']} GB" if published else "",
        _where(plan),
    )


def _closed(node: Mapping[str, str]) -> str:
    return f"{node['name']} ({node['reason']})"


def _rest(nodes: Sequence[Mapping[str, str]]) -> str:
    return f" and {len(nodes) - _SHOWN} more" if len(nodes) > _SHOWN else ""


def _where(plan: Mapping[str, Any]) -> str:
    if plan["fits"] is None:
        return "no devices known"
    if not plan["fits"]:
        return "nowhere"
    best = min(plan["placements"], key=lambda placement: (placement["devices"], placement["memory_mib"]))
    name = best["product"] or best["vendor"]
    nodes = ", ".join(best["nodes"][:3]) + (", …" if len(best["nodes"]) > 3 else "")
    return f"{best['devices']} x {name} on {nodes}, context to {best['greatest_context']}"


def _gib(count: float) -> str:
    return f"{count / GIB:.1f} GiB"
