# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0

"""Decide what to do about claims: wishes and what is there go in, actions come out (pure)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Optional

from . import classes as storage_classes
from . import drivers
from .action import Action, create, delete, patch
from .claim import MANAGED_BY, Claim
from .errors import StorageError
from .existing import changes
from .quantity import bytes_of
from .volume import static_volume, twin

_MANAGED_KEY, _MANAGED_VALUE = next(iter(MANAGED_BY.items()))


@dataclass(frozen=True)
class Observed:
    """What the cluster has; objects as the API returns them."""

    namespaces: frozenset[str] = frozenset()
    classes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    claims: Mapping[tuple[str, str], Mapping[str, Any]] = field(default_factory=dict)
    volumes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    #: Names of the CSI drivers; None where nobody looked, or was not allowed to.
    drivers: Optional[frozenset[str]] = None


def managed(found: Mapping[str, Any]) -> bool:
    """Whether we made an object: others' objects are used, never relabelled or deleted."""
    return bool((found["metadata"].get("labels") or {}).get(_MANAGED_KEY) == _MANAGED_VALUE)


def plan_classes(wishes: Sequence[Mapping[str, Any]], observed: Observed) -> list[Action]:
    """What to do about the wished classes."""
    actions = []
    for wish in wishes:
        found = observed.classes.get(wish["metadata"]["name"])
        if found is None:
            actions.append(create(wish))
        elif body := storage_classes.difference(wish, found):
            actions.append(patch(found, body))
    return actions


def plan_namespaces(claims: Sequence[Claim], observed: Observed, labels: Mapping[str, str]) -> list[Action]:
    """Namespaces that claims need and the cluster lacks. Existing ones are left as they are."""
    missing = {claim.namespace for claim in claims if claim.state == "present"} - observed.namespaces
    meta = {"labels": {**labels, **MANAGED_BY}}
    return [
        create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, **meta}})
        for name in sorted(missing)
    ]


def plan_claim(claim: Claim, observed: Observed) -> list[Action]:
    """What to do about one claim."""
    found = observed.claims.get(claim.key)
    if claim.state == "absent":
        return _absent(claim, found, observed)
    if found is None:
        return _new(claim, observed)
    volume = observed.volumes.get((found.get("spec") or {}).get("volumeName", ""))
    actions = [patch(found, body)] if (body := changes(claim, found, observed.classes, managed(found))) else []
    return [*_volume_of_existing(claim, observed, volume), *actions, *retain(found, volume)]


def retain(found: Mapping[str, Any], volume: Optional[Mapping[str, Any]]) -> list[Action]:
    """Weights outlive their claim: the volume behind a claim of ours is kept when the claim goes."""
    if volume is None or not managed(found) or volume["spec"].get("persistentVolumeReclaimPolicy") == "Retain":
        return []
    return [patch(volume, {"spec": {"persistentVolumeReclaimPolicy": "Retain"}})]


def _new(claim: Claim, observed: Observed) -> list[Action]:
    spec: dict[str, Any] = {
        "accessModes": list(claim.access_modes),
        "resources": {"requests": {"storage": claim.size}},
    }
    actions: list[Action] = []
    if claim.source:
        actions = _volume_of_existing(claim, observed, None)
        for action in actions:
            if action.verb == "create":
                drivers.require(drivers.of_volume(action.body), observed.drivers, str(claim))
        spec.update({"storageClassName": "", "volumeName": claim.volume_name})
    else:
        found = storage_classes.choose(claim.storage_class, observed.classes, str(claim))
        storage_classes.refuse_single_node(found, claim.access_modes, str(claim))
        drivers.require(drivers.of_class(found), observed.drivers, str(claim))
        spec["storageClassName"] = found["metadata"]["name"]
        kept = _kept_volume(claim, observed)
        if kept is not None:
            spec.update({"volumeName": kept["metadata"]["name"], "storageClassName": _class_of(kept)})
            if not claim.sized:
                spec["resources"] = {"requests": {"storage": kept["spec"]["capacity"]["storage"]}}
            actions.append(patch(kept, {"spec": {"claimRef": {"uid": None, "resourceVersion": None}}}))
    meta: dict[str, Any] = {"name": claim.name, "namespace": claim.namespace, "labels": dict(claim.labels)}
    if claim.annotations:
        meta["annotations"] = dict(claim.annotations)
    return [*actions, create({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": meta, "spec": spec})]


def _kept_volume(claim: Claim, observed: Observed) -> Optional[Mapping[str, Any]]:
    """The volume that the last claim of this name left behind: taking it back saves fetching its models again."""
    found = [volume for volume in observed.volumes.values() if _left_by(claim, volume)]
    if not found:
        return None
    newest = max(found, key=lambda volume: str(volume["metadata"].get("creationTimestamp") or ""))
    _large_enough(claim, newest)
    return newest


def _left_by(claim: Claim, volume: Mapping[str, Any]) -> bool:
    """Whether a volume was kept for this claim. One whose policy is Delete is about to go with its data."""
    spec = volume["spec"]
    released = (volume.get("status") or {}).get("phase") == "Released"
    kept = spec.get("persistentVolumeReclaimPolicy") == "Retain" and not volume["metadata"].get("deletionTimestamp")
    fits = set(claim.access_modes) <= set(spec.get("accessModes") or [])
    same_class = claim.storage_class in {None, _class_of(volume)}
    return released and kept and _of(claim, volume) and fits and same_class


def _class_of(volume: Mapping[str, Any]) -> str:
    """The API server leaves the field out where it is empty."""
    return str(volume["spec"].get("storageClassName") or "")


def _large_enough(claim: Claim, volume: Mapping[str, Any]) -> None:
    """Kubernetes binds no claim to a volume that is smaller, and would let it wait."""
    size = volume["spec"]["capacity"]["storage"]
    if claim.sized and bytes_of(claim.size) > bytes_of(size):
        name = volume["metadata"]["name"]
        raise StorageError(
            f"claim {claim} asks for {claim.size}, but volume {name}, which it left behind with its data, has {size}. "
            f"Set size to {size}, and to more in a second run, or delete the volume for an empty claim."
        )


def _volume_of_existing(claim: Claim, observed: Observed, bound: Optional[Mapping[str, Any]]) -> list[Action]:
    """The static volume of a claim that names a place; none where a class serves it, or where it shares one already."""
    if not claim.source or (claim.source == "shared_from" and bound is not None):
        return []
    wish = twin(claim, _source_volume(claim, observed)) if claim.source == "shared_from" else static_volume(claim)
    found = bound or observed.volumes.get(claim.volume_name)
    if found is None:
        return [create(wish)]
    if not _of(claim, found):
        other = found["spec"].get("claimRef") or {}
        raise StorageError(
            f"volume {claim.volume_name} of claim {claim} is of claim {other.get('namespace')}/{other.get('name')}: "
            "both join namespace and name by '-'. Give the claim another name."
        )
    for kind in ("nfs", "csi", "local", "hostPath", "cephfs"):
        before, after = found["spec"].get(kind), wish["spec"].get(kind)
        if not _covers(before, after):
            raise StorageError(
                f"volume {found['metadata']['name']} of claim {claim} lives at {before}, wanted {after}. "
                "The place of a volume cannot change: give the claim another name, or delete claim and volume "
                "(state: absent; the data stays) and run again."
            )
    if "nodeAffinity" in wish["spec"] and _nodes_of(found) != _nodes_of(wish):
        raise StorageError(
            f"volume {found['metadata']['name']} of claim {claim} is on the nodes {_nodes_of(found)}, wanted "
            f"{_nodes_of(wish)}. The nodes of a volume cannot change: give the claim another name, or delete claim "
            "and volume (state: absent; the data stays) and run again."
        )
    body = _again(claim, found) if bound is None else {}
    options, wanted = (one["spec"].get("mountOptions") or [] for one in (found, wish))
    if options != wanted and managed(found):
        body["mountOptions"] = wanted
    return [patch(found, {"spec": body})] if body else []


def _of(claim: Claim, volume: Mapping[str, Any]) -> bool:
    """Whether a volume is kept for this claim: two claims may make one name of their namespace and name."""
    reference = volume["spec"].get("claimRef") or {}
    return (reference.get("namespace"), reference.get("name")) == claim.key


def _again(claim: Claim, volume: Mapping[str, Any]) -> dict[str, Any]:
    """What lets a claim that is made again bind to its static volume: free, as large and as open as it asks for."""
    spec = volume["spec"]
    body: dict[str, Any] = {}
    released = (volume.get("status") or {}).get("phase") == "Released"
    if released and (spec.get("claimRef") or {}).get("uid"):
        body["claimRef"] = {"uid": None, "resourceVersion": None}
    if bytes_of(claim.size) > bytes_of(spec["capacity"]["storage"]):
        body["capacity"] = {"storage": claim.size}
    if not set(claim.access_modes) <= set(spec.get("accessModes") or []):
        body["accessModes"] = list(claim.access_modes)
    return body


def _nodes_of(volume: Mapping[str, Any]) -> list[str]:
    """What a volume asks of the nodes that mount it, in one order."""
    required = (volume["spec"].get("nodeAffinity") or {}).get("required") or {}
    wanted = [one for term in required.get("nodeSelectorTerms") or [] for one in term.get("matchExpressions") or []]
    return sorted(f"{one['key']} {one['operator']} {','.join(sorted(one.get('values') or []))}" for one in wanted)


def _covers(found: Any, wish: Any) -> bool:
    """Whether what is there has everything that is wished; the API server adds defaults."""
    if isinstance(wish, Mapping):
        return isinstance(found, Mapping) and all(_covers(found.get(key), value) for key, value in wish.items())
    return bool(found == wish) or (wish is None and not found)


def _source_volume(claim: Claim, observed: Observed) -> Mapping[str, Any]:
    key = (claim.source_options["namespace"], claim.source_options["name"])
    source = observed.claims.get(key)
    volume = observed.volumes.get((source or {}).get("spec", {}).get("volumeName", ""))
    if volume is None:
        raise StorageError(
            f"claim {claim} shares the volume of claim {'/'.join(key)}, which "
            f"{'is not bound to a volume yet' if source else 'does not exist'}. "
            "Make that claim first, in a run before this one."
        )
    if source is not None and not managed(source) and volume["spec"].get("persistentVolumeReclaimPolicy") == "Delete":
        name = volume["metadata"]["name"]
        raise StorageError(
            f"claim {claim} shares volume {name} of claim {'/'.join(key)}, whose files go with that claim (reclaim "
            f"policy Delete). Next: kubectl patch pv {name} "
            """-p '{"spec":{"persistentVolumeReclaimPolicy":"Retain"}}', and run again."""
        )
    return volume


def _absent(claim: Claim, found: Optional[Mapping[str, Any]], observed: Observed) -> list[Action]:
    static = observed.volumes.get(claim.volume_name)
    tail = [delete(static)] if static is not None and managed(static) and _of(claim, static) else []
    if found is None:
        return tail
    if not managed(found):
        raise StorageError(
            f"claim {claim} was not made by swift.k8s (label {_MANAGED_KEY} is not {_MANAGED_VALUE}). "
            "Delete it by hand if it must go."
        )
    volume = observed.volumes.get((found.get("spec") or {}).get("volumeName", ""))
    policy = "Delete" if claim.delete_data else "Retain"
    keep = []
    if volume is not None and volume is not static and volume["spec"].get("persistentVolumeReclaimPolicy") != policy:
        keep = [patch(volume, {"spec": {"persistentVolumeReclaimPolicy": policy}})]
    return [*keep, delete(found), *tail]
