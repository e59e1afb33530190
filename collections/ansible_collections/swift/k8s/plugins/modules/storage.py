#!/usr/bin/python
# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
module: storage
short_description: Storage classes and claims for models, in one call
version_added: 0.1.0
author:
  - swift.k8s maintainers (@swift-k8s)
description:
  - Brings namespaces, StorageClasses, static PersistentVolumes and PersistentVolumeClaims to the wished state,
    any number in one call.
  - Looks first and decides then. A claim that exists with the wrong access mode, class or size is an error that says
    what to do; nothing is changed before every wish has been checked.
  - Volumes behind claims that this module made get the reclaim policy C(Retain), so that fetched models outlive their
    claim. When the claim is made again, it takes its volume back.
  - Claims that others made are used as they are. They are never relabelled and never deleted.
extends_documentation_fragment:
  - swift.k8s.auth
attributes:
  check_mode:
    description: Can run in check_mode and return changed status prediction without modifying the cluster.
    support: full
  diff_mode:
    description: Returns what was or would be changed, object by object.
    support: full
  idempotent:
    description: A second run changes nothing and writes nothing.
    support: full
options:
  claims:
    description: The claims.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Name of the claim.
        type: str
        required: true
      namespace:
        description: Namespace of the claim, O(namespace) if not given. It is made when it is missing.
        type: str
      state:
        description:
          - Whether the claim shall be there.
          - V(absent) removes the claim and keeps its data, unless O(claims[].delete_data=true).
        type: str
        choices: [present, absent]
        default: present
      access_modes:
        description: Access modes that the claim must have.
        type: list
        elements: str
        choices: [ReadWriteMany, ReadOnlyMany, ReadWriteOnce, ReadWriteOncePod]
        default: [ReadWriteMany]
      size:
        description:
          - Least size. A claim that is smaller grows where its class allows it, a bigger one stays.
          - Without, a new claim has V(100Gi), and one that is there, or takes its volume back, the size that it has.
        type: str
      storage_class:
        description: The class that serves the claim, the cluster's default class if not given.
        type: str
      labels:
        description: Labels that the claim must have.
        type: dict
        default: {}
      annotations:
        description: Annotations that the claim must have.
        type: dict
        default: {}
      delete_data:
        description:
          - With O(claims[].state=absent), let the provisioner delete the data too.
          - Static volumes keep theirs in any case.
        type: bool
        default: false
      nfs:
        description: The claim is a directory of an NFS server.
        type: dict
        suboptions:
          server:
            description: Name or address of the server.
            type: str
            required: true
          path:
            description: Exported directory.
            type: str
            required: true
          driver:
            description:
              - Who mounts it.
              - V(csi) is csi-driver-nfs (the nodes need nothing), V(kubelet) the node's own NFS client.
            type: str
            choices: [csi, kubelet]
            default: csi
          mount_options:
            description: Options of the mount, for example V(nfsvers=4.1).
            type: list
            elements: str
            default: []
      oss:
        description: The claim is a bucket of Alibaba Cloud OSS.
        type: dict
        suboptions:
          bucket:
            description: Name of the bucket.
            type: str
            required: true
          url:
            description: Endpoint, for example V(oss-cn-hangzhou-internal.aliyuncs.com).
            type: str
            required: true
          path:
            description: Directory in the bucket.
            type: str
            default: /
          fuse_type:
            description: The client that mounts it. V(ossfs2) is meant for reading in long runs, as models are read.
            type: str
            choices: [ossfs, ossfs2]
            default: ossfs2
          secret:
            description:
              - Name of the Secret with C(akId) and C(akSecret).
              - Not needed where nodes have a role that may read the bucket.
            type: str
          secret_namespace:
            description: Namespace of the Secret, that of the claim if not given.
            type: str
          other_options:
            description: More options for the client.
            type: str
      csi:
        description: The claim is a place that any other CSI driver mounts, for example a bucket of S3.
        type: dict
        suboptions:
          driver:
            description: Name of the driver, which must be installed.
            type: str
            required: true
          handle:
            description: What the driver calls the volume.
            type: str
            required: true
          attributes:
            description: Attributes that the driver takes.
            type: dict
            default: {}
          secret:
            description: Name of the Secret that the driver needs to mount it.
            type: str
          secret_namespace:
            description: Namespace of the Secret, that of the claim if not given.
            type: str
          mount_options:
            description: Options of the mount.
            type: list
            elements: str
            default: []
      local:
        description: The claim is a directory of nodes. The directory must exist.
        type: dict
        suboptions:
          path:
            description: Absolute path on the nodes.
            type: str
            required: true
          nodes:
            description: Values of the label C(kubernetes.io/hostname) of the nodes that have it.
            type: list
            elements: str
            default: []
          node_labels:
            description:
              - Labels of the nodes that have it, with their values. Without O(claims[].local.nodes) and these, every
                node has it.
            type: dict
            default: {}
          shared_path:
            description: The path is the same file system on all of these nodes, one that the nodes mount themselves.
            type: bool
            default: false
      shared_from:
        description:
          - The claim shows the volume of another claim, so that releases in several namespaces read the same models.
          - The volume must be one of NFS, OSS, a shared directory, or CephFS mounted by the kubelet, and have the
            access modes of this claim. The size of this claim is only said, for the place is as large as it is.
        type: dict
        suboptions:
          name:
            description: Name of the other claim.
            type: str
            required: true
          namespace:
            description: Namespace of the other claim.
            type: str
            required: true
  classes:
    description: StorageClasses that shall be there. A field that Kubernetes cannot change is an error that says so.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Name of the class.
        type: str
        required: true
      provisioner:
        description: The driver. C(nfs.csi.k8s.io) where O(classes[].nfs) is given.
        type: str
      parameters:
        description: Parameters of the driver.
        type: dict
        default: {}
      nfs:
        description: Parameters of csi-driver-nfs. Directories are kept when their volume goes.
        type: dict
        suboptions:
          server:
            description: Name or address of the server.
            type: str
            required: true
          share:
            description: Exported directory.
            type: str
            required: true
          sub_dir:
            description: Directory of one volume, a pattern of the driver.
            type: str
      reclaim_policy:
        description: What happens to a volume when its claim goes.
        type: str
        choices: [Retain, Delete]
        default: Retain
      volume_binding_mode:
        description: When a volume is made.
        type: str
        choices: [Immediate, WaitForFirstConsumer]
        default: Immediate
      allow_volume_expansion:
        description: Whether claims may grow.
        type: bool
        default: true
      mount_options:
        description: Options of the mount.
        type: list
        elements: str
        default: []
      default:
        description: Make it the class of claims that name none.
        type: bool
        default: false
  namespace:
    description: Namespace of claims that name none.
    type: str
    default: ms-swift
  namespace_labels:
    description: Labels of namespaces that the module makes. Existing namespaces are left as they are.
    type: dict
    default: {}
  wait:
    description: Wait until claims are bound or gone. A claim whose class waits for the first pod counts as ready.
    type: bool
    default: true
  wait_timeout:
    description: Seconds to wait.
    type: int
    default: 120
"""

EXAMPLES = r"""
- name: One volume for all models, served by the class nfs
  swift.k8s.storage:
    classes:
      - name: nfs
        nfs: {server: nas.example.com, share: /export/models}
        mount_options: [nfsvers=4.1]
    claims:
      - name: models
        size: 2Ti
        storage_class: nfs

- name: The same volume for a second team
  swift.k8s.storage:
    claims:
      - name: models
        namespace: team-b
        access_modes: [ReadOnlyMany]
        shared_from: {name: models, namespace: ms-swift}

- name: A bucket of S3 through the driver that the cluster has
  swift.k8s.storage:
    claims:
      - name: s3
        access_modes: [ReadWriteMany]
        csi: {driver: s3.csi.aws.com, handle: weights, attributes: {bucketName: weights}}

- name: A bucket with weights
  swift.k8s.storage:
    claims:
      - name: weights
        access_modes: [ReadOnlyMany]
        size: 5Ti
        oss: {bucket: weights, url: oss-cn-hangzhou-internal.aliyuncs.com, secret: oss-reader}
"""

RETURN = r"""
claims:
  description: The claims, in the order of the option.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: Name of the claim.
      type: str
    namespace:
      description: Namespace of the claim.
      type: str
    action:
      description: What was or would be done to the claim.
      type: str
      sample: create
    phase:
      description: Phase of the claim.
      type: str
      sample: Bound
    volume:
      description: Name of its volume.
      type: str
    storage_class:
      description: Its class, empty for a static volume.
      type: str
    size:
      description: Capacity of its volume.
      type: str
      sample: 2Ti
    access_modes:
      description: Its access modes.
      type: list
      elements: str
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.swift.k8s.plugins.module_utils._cluster.cluster import connect
from ansible_collections.swift.k8s.plugins.module_utils._cluster.errors import ClusterError
from ansible_collections.swift.k8s.plugins.module_utils._storage.arguments import ARGUMENTS
from ansible_collections.swift.k8s.plugins.module_utils._storage.errors import StorageError
from ansible_collections.swift.k8s.plugins.module_utils._storage.run import run

SPEC = ARGUMENTS


def run_module(module: AnsibleModule) -> None:
    """Bring classes and claims to their state, and end the module."""
    try:
        result = run(connect(module.params), module.params, module.check_mode)
    except (StorageError, ClusterError) as error:
        module.fail_json(msg=str(error))
    module.exit_json(**result)


def main() -> None:
    run_module(AnsibleModule(argument_spec=SPEC, supports_check_mode=True))


if __name__ == "__main__":
    main()
