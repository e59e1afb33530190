#!/usr/bin/python
# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
module: release
short_description: Install, upgrade, heal, roll back and remove Helm releases
version_added: 0.1.0
author:
  - swift.k8s maintainers (@swift-k8s)
description:
  - Brings any number of Helm releases into the wanted state in one execution.
  - What is installed is read from Helm's own records in the cluster. A release that is as wanted starts no helm
    process and costs one list call for each kind of object in it.
  - A release counts as unchanged when chart content and values are the wanted ones B(and) the live objects still have
    every declared field. Fields that someone edited since are put back, see O(drift).
  - An upgrade is followed until the workloads are ready. It ends early, with the pod's reason and last log lines,
    when they cannot become ready, and goes back to the last revision that was ready, see O(on_failure).
  - A release that somebody upgraded with plain helm since is noticed and upgraded to what is wanted here.
notes:
  - The helm program is used for rendering, installing, upgrading, rolling back and uninstalling. Values reach it
    through standard input and credentials through its environment, so neither shows in a process list.
  - Never passes C(--force) to helm.
  - Each option of an entry of O(releases) can also stand at the top of the task. It then describes the single
    release, or, beside O(releases), the default for all entries.
requirements:
  - helm >= 3.17 (Helm 4 works as well)
attributes:
  action:
    description: Shows the progress while the module runs.
    support: full
  async:
    description: Can be run in the background; the progress is not shown then.
    support: none
  check_mode:
    description: The same plan as the real run, rendered against the API server, nothing written.
    support: full
  diff_mode:
    description: Each object and field that changes, old and new; values of Secrets are hidden.
    support: full
  idempotent:
    description: A second run writes nothing.
    support: full
options:
  releases:
    description:
      - The releases, handled in this order. All are planned before the first is touched.
    type: list
    elements: dict
    suboptions: &entry
      name:
        description: Name of the release.
        type: str
        aliases: [release_name]
      namespace:
        description: Namespace of the release.
        type: str
        aliases: [release_namespace]
      state:
        description:
          - V(present) installs, upgrades or heals. V(absent) removes. V(rolled_back) goes back to O(revision).
          - Without anything written it is V(present).
        type: str
        choices: [present, absent, rolled_back]
        aliases: [release_state]
      chart:
        description:
          - A chart directory, a C(.tgz) archive, C(oci://registry/path), a URL, or a name in O(chart_repo_url).
          - A local chart is compared by content. A remote one with an exact O(chart_version) is compared by reference
            and version and is not fetched again while it is unchanged; without one it is fetched in every run.
        type: str
        aliases: [chart_ref]
      chart_version:
        description: Version of a remote chart. A local chart must have this version when it is given.
        type: str
      chart_repo_url:
        description: Address of the chart repository that O(chart) is a name in.
        type: str
      chart_digest:
        description:
          - The sha256 that the chart archive must have; for a directory, the digest over its content that this module
            returns.
        type: str
      values:
        description: Values of the chart; what is not written here has the chart's default.
        type: dict
        aliases: [release_values]
      values_files:
        description: Files with values, merged in this order below O(values).
        type: list
        elements: path
      secret_values:
        description:
          - Values that must not be shown, merged over O(values).
          - Helm keeps values in the release record; prefer a chart option that names an existing Secret.
        type: dict
      labels:
        description: Labels of the release record.
        type: dict
      create_namespace:
        description: Create the namespace if it is not there. Without anything written it is V(false).
        type: bool
      namespace_labels:
        description: Labels of a namespace that is created.
        type: dict
      wait:
        description: Wait until the workloads are ready. Without anything written it is V(true).
        type: bool
      wait_for_jobs:
        description:
          - Wait until Jobs are complete, not only started. Without anything written it is V(false).
        type: bool
      wait_timeout:
        description:
          - How long a release may take to become ready, in seconds or as a duration such as V(10m) or V(1h30m0s).
          - Without anything written it follows from the pods - what their startup probes allow, and five minutes for
            scheduling and pulling, for each wave of the rollout; ten minutes at least. A chart that sizes its startup
            probe by the model's bytes and the read rate, as ms-swift's does, so decides it.
        type: str
        aliases: [timeout]
      drift:
        description:
          - What to do about live objects that no longer have what the release declares.
          - V(repair) puts them back, V(report) lists them in the result, V(ignore) does not look. Without anything
            written it is V(repair).
          - Replicas that an autoscaler decides, defaults, equal quantities, and additions by controllers, webhooks or
            server-side apply are no drift. Neither is what an admission webhook would do again - a repair is rehearsed
            by a dry run first, and what would not hold is only told in RV(releases[].notes).
        type: str
        choices: [ignore, report, repair]
      repair_stuck:
        description:
          - Take over a release that an interrupted operation left pending, once nothing has moved for O(stuck_after).
          - Without anything written it is V(false).
        type: bool
      stuck_after:
        description:
          - Seconds without a sign of life after which an operation counts as dead. Without anything written it is
            V(900).
        type: int
      on_failure:
        description:
          - V(rollback) goes back to the last ready revision when the new one does not become ready; V(keep) leaves it
            for inspection.
          - The task fails in both cases. Without anything written it is V(rollback).
        type: str
        choices: [rollback, keep]
      atomic:
        description: Another word for O(on_failure); V(true) is V(rollback) and V(false) is V(keep).
        type: bool
      recreate:
        description:
          - Kinds whose objects may be deleted and created again when a field changes that the API server does not let
            change.
          - Without it such an upgrade is refused and the message names the field.
        type: list
        elements: str
      strategy_value:
        description:
          - Dotted name of the chart value that takes a Deployment's C(strategy), for charts whose pods use
            accelerators.
          - At an upgrade it is set to a surge where enough free devices exist, to waves where they do not, and to
            V(Recreate) for a single replica without a spare device.
        type: str
      strategy:
        description:
          - V(in_place) upgrades the release. V(blue_green) keeps two releases, C(<name>-blue) and C(<name>-green), and
            a Service with the name of the entry that leads to one of them.
          - An upgrade then comes up as the other colour, is asked as O(releases[].probe) says, and only then the
            Service leads to it. Where the devices do not suffice for both, it is refused with the numbers.
          - With O(releases[].state=rolled_back) the Service leads back to the colour that was kept.
          - An Ingress or HTTPRoute of the chart has to lead to that Service; one that leads to a colour's own is
            refused.
          - Without anything written it is V(in_place).
        type: str
        choices: [in_place, blue_green]
      keep_old:
        description:
          - Seconds for which the earlier colour is kept after a switch; the first run after that removes it. With V(0)
            it is removed right after the switch. Without anything written it is V(3600).
        type: int
      probe:
        description:
          - What a new revision must answer, as options of an entry of C(services) of M(swift.k8s.openai_probe), such
            as C(model), C(checks) and C(api_key_secret). Its chart must make a Service for its pods.
          - One that is ready and does not answer has failed - O(releases[].on_failure) says what follows - and with
            O(releases[].strategy=blue_green) no caller comes to it.
          - Without it a revision that is ready is enough. With O(releases[].wait=false) nothing is asked.
        type: dict
      front_service:
        description:
          - Fields of the C(spec) of the Service that leads to a colour, such as C(type=LoadBalancer). The colours' own
            Services stay as the chart's values say.
        type: dict
      revision:
        description: The revision to go back to; without it the last one that was ready before the present one.
        type: int
      keep_volumes:
        description:
          - Keep the PersistentVolumeClaims of a release that is removed, with their data. Without anything written it
            is V(true).
        type: bool
      history_max:
        description: Revisions that Helm keeps. Without anything written it is V(10).
        type: int
      skip_crds:
        description: Leave the chart's CustomResourceDefinitions alone. Without anything written it is V(false).
        type: bool
      disable_hook:
        description: Do not run the chart's hooks. Without anything written it is V(false).
        type: bool
      replace_chart:
        description:
          - Let a release become one of another chart. Every object that only the old chart has goes then.
          - Without it such an upgrade is refused. Without anything written it is V(false).
        type: bool
      take_ownership:
        description:
          - Adopt objects that are there and belong to no release, or to another one.
          - Without anything written it is V(false), and such objects are refused.
        type: bool
      skip_schema_validation:
        description: Do not hold the values to the chart's schema. Without anything written it is V(false).
        type: bool
      plain_http:
        description: Fetch the chart over HTTP instead of HTTPS. Without anything written it is V(false).
        type: bool
      insecure_skip_tls_verify:
        description: Fetch the chart without checking the server's certificate. Without anything written it is V(false).
        type: bool
        aliases: [skip_tls_certs_check]
  <<: *entry
  binary_path:
    description: The helm program; without it the first one on PATH.
    type: path
  progress_file:
    description:
      - File to which a line is added every 30 seconds while workloads become ready - how many pods are ready, pulling,
        fetching or loading.
      - On a local connection the lines are shown without it.
    type: path
  cluster_uid:
    description:
      - Uid of the namespace kube-system of the cluster that is meant. Another cluster is refused before anything is
        read.
    type: str
extends_documentation_fragment:
  - swift.k8s.auth
seealso:
  - module: swift.k8s.release_info
  - module: kubernetes.core.helm
"""

EXAMPLES = r"""
- name: Two releases in one execution
  swift.k8s.release:
    namespace: ms-swift
    create_namespace: true
    releases:
      - name: qwen
        chart: ./charts/ms-swift
        values:
          model:
            id: Qwen/Qwen2.5-7B-Instruct
      - name: qwen-vl
        chart: oci://registry.example/charts/ms-swift
        chart_version: 0.1.0
        values:
          model:
            id: Qwen/Qwen2.5-VL-7B-Instruct

- name: A single release, written as for kubernetes.core.helm
  swift.k8s.release:
    name: nvidia-device-plugin
    release_namespace: nvidia-device-plugin
    chart_ref: nvidia-device-plugin
    chart_repo_url: https://nvidia.github.io/k8s-device-plugin
    chart_version: 0.20.0
    create_namespace: true

- name: Back to the revision that was ready before
  swift.k8s.release:
    name: qwen
    namespace: ms-swift
    state: rolled_back

- name: Bring a new model up beside the old one, ask it, then lead callers to it
  swift.k8s.release:
    namespace: ms-swift
    releases:
      - name: qwen
        chart: ./charts/ms-swift
        strategy: blue_green
        keep_old: 1800
        probe:
          checks: [models, chat]
          model: Qwen3-8B
        values:
          model:
            id: Qwen/Qwen3-8B
          cache:
            existingClaim: models

- name: Take over what a killed pipeline left behind
  swift.k8s.release:
    name: qwen
    namespace: ms-swift
    chart: ./charts/ms-swift
    repair_stuck: true
    stuck_after: 300
"""

RETURN = r"""
releases:
  description:
    - One entry for each release, in the order of the task.
    - Where the task fails, those before the failed one are done; those after it were not begun and are not changed.
  returned: once everything was planned
  type: list
  elements: dict
  contains:
    name:
      description: Name of the release.
      type: str
    namespace:
      description: Its namespace.
      type: str
    action:
      description:
        - One of V(none), V(install), V(upgrade), V(heal), V(confirm), V(rollback), V(uninstall).
        - With O(releases[].strategy=blue_green) also V(switch), V(switch_back), V(remove_old).
      type: str
    colour:
      description: The colour that serves now; with O(releases[].strategy=blue_green).
      type: str
    changed:
      description: Whether anything was, or in check mode would be, written.
      type: bool
    reasons:
      description: Why.
      type: list
      elements: str
    repaired:
      description: V(abandon) or V(finish) where an interrupted operation was taken over.
      type: str
    revision:
      description: The revision that holds now.
      type: int
    chart:
      description: Name and version of the chart.
      type: str
    images:
      description: Images that the release's pods name.
      type: list
      elements: str
    objects:
      description: Each object that changes, with C(object), C(change) and the names of the C(fields).
      type: list
      elements: dict
    drift:
      description: Each field with C(object), C(drift), C(field), C(declared), C(live), C(changed_by), C(changed_at).
      type: list
      elements: dict
    notes:
      description: What is worth knowing about the plan, such as the rollout that fits the free devices.
      type: list
      elements: str
helm_processes:
  description: How many times the helm program was started.
  returned: always
  type: int
requests:
  description: Requests to the API server by verb, those of helm not counted.
  returned: always
  type: dict
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.swift.k8s.plugins.module_utils._cluster.auth import AUTH_ARGS
from ansible_collections.swift.k8s.plugins.module_utils._cluster.cluster import connect
from ansible_collections.swift.k8s.plugins.module_utils._cluster.errors import ClusterError
from ansible_collections.swift.k8s.plugins.module_utils._release import options, progress, task
from ansible_collections.swift.k8s.plugins.module_utils._release.errors import ReleaseError

SPEC: dict[str, Any] = {**AUTH_ARGS, **options.ARGUMENTS}


def run_module(module: AnsibleModule) -> None:
    """Bring the releases to their state, and end the module."""
    say = progress.teller(module.params["progress_file"], module.log)
    told: dict[str, Any] = {}
    try:
        task.run(connect(module.params), module.params, say, module.check_mode, told)
    except (ClusterError, ReleaseError) as error:
        module.fail_json(msg=str(error), **told)
    module.exit_json(**told)


def main() -> None:
    run_module(AnsibleModule(argument_spec=SPEC, supports_check_mode=True))


if __name__ == "__main__":
    main()
