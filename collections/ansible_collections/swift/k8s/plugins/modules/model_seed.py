#!/usr/bin/python
# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
module: model_seed
short_description: Fetch models onto a shared volume, inside the cluster
version_added: 0.1.0
author:
  - swift.k8s maintainers (@swift-k8s)
description:
  - Runs the collection's own download engine as a Job beside a claim. The engine keeps to a rate limit, resumes after
    any kind of end, verifies every file by its sha256, and shows no file under its name before that.
  - The Job's pod runs as an ordinary user with a read-only root file system and passes Pod Security C(restricted).
    Its image needs nothing but Python 3.9 or later. Engine and specification come from a ConfigMap, tokens from
    Secrets.
  - While the Job works, its progress is shown. Ending Ansible leaves the Job at work; the next run joins it.
  - What was fetched is recorded in a ConfigMap beside the claim, so that an unchanged run takes one look and starts no
    pod. The record does not see files that somebody removes from the volume; the pods that serve a model do, when they
    start.
  - A run with another O(rate_limit) changes the limit of a Job that is at work. Pods see it within about a minute.
extends_documentation_fragment:
  - swift.k8s.auth
attributes:
  check_mode:
    description: Can run in check_mode and return changed status prediction without modifying the cluster.
    support: full
  diff_mode:
    description: Returns the models that would be fetched, with files and bytes where the hub can be asked.
    support: full
  idempotent:
    description: A second run changes nothing, writes nothing and starts no pod.
    support: full
notes:
  - Where one link is shared, O(site) makes seeders of the same cluster wait for each other. Clusters that share a link
    are seeded one after the other by C(throttle=1), which the role P(swift.k8s.model_cache#role) sets. With O(site_hub)
    the link carries each byte once however many clusters there are, in this run and in later ones. Runs that are
    started apart at the same time do not see each other unless they seed the same cluster or share a Lease
    (O(site_kubeconfig)).
  - Runs that wish the same for one volume follow one Job, also when they are started together. One that lists all
    models of the Job, and more or with other settings, takes its place and keeps its bytes; the run that followed the
    Job goes on after it. One that does not list them all waits until the Job has ended, says for what, and how to end
    the Job at once.
options:
  volume:
    description: Name of the claim.
    type: str
    required: true
  namespace:
    description: Namespace of the claim.
    type: str
    default: ms-swift
  models:
    description: The models that shall be on the volume. Models that are there and not listed stay.
    type: list
    elements: dict
    required: true
    suboptions:
      id:
        description: Organisation and name, as the hub has them.
        type: str
        required: true
      type:
        description: Kind of repository.
        type: str
        choices: [model, dataset]
        default: model
      hub:
        description: Protocol of the hub.
        type: str
        choices: [modelscope, huggingface, mirror, directory]
        default: modelscope
      endpoint:
        description: Address of the hub, its public one if not given.
        type: str
      endpoints:
        description: Addresses that are tried in their order, in place of O(models[].endpoint).
        type: list
        elements: str
        default: []
      revision:
        description: Branch, tag or commit, the hub's main branch if not given.
        type: str
      include:
        description: Patterns of the files to fetch, all if empty.
        type: list
        elements: str
        default: []
      exclude:
        description: Patterns of files to leave out.
        type: list
        elements: str
        default: []
      proxy:
        description: HTTP proxy for this model. It may not contain a password.
        type: str
      token_secret:
        description: Name of the Secret with the token for a private or gated repository, in the namespace of the claim.
        type: str
      token_key:
        description: Key of the token within the Secret.
        type: str
        default: token
      ca_config_map:
        description: Name of the ConfigMap with the certificate authority of the endpoint, beside the claim.
        type: str
      ca_key:
        description: Key of the authority within the ConfigMap.
        type: str
        default: ca.crt
      source:
        description: With O(models[].hub=directory), the directory to copy from.
        type: str
      source_claim:
        description: The claim that O(models[].source) lies on, as an absolute path from its root.
        type: str
  rate_limit:
    description: Greatest rate of the download, for example V(300Mbit/s), V(40MiB/s) or V(unlimited).
    type: str
    default: unlimited
  rate_schedule:
    description: Times with another limit. The first that fits counts.
    type: list
    elements: dict
    default: []
    suboptions:
      days:
        description: Days, for example V(mon-fri), V(sat,sun) or V(daily), also as a list.
        type: raw
        default: daily
      from:
        description: Begin, as V(08:00).
        type: str
        default: "00:00"
      to:
        description: End, as V(20:00).
        type: str
        default: "24:00"
      timezone:
        description: Time zone of begin and end, by name or as V(UTC+8).
        type: str
        default: UTC
      limit:
        description: The limit then.
        type: str
        required: true
  reserve:
    description: Space that stays free on the volume.
    type: str
    default: 1GiB
  workers:
    description: Files that are fetched at the same time.
    type: int
    default: 4
  verify:
    description:
      - How far to look when everything is recorded as fetched.
      - V(record) believes the record and starts no pod.
      - V(stat) compares the size and time of every file on the volume, V(sample) slices of them, V(full) every byte.
        These start a Job, which fetches what is missing or damaged and nothing else.
    type: str
    choices: [record, stat, sample, full]
    default: record
  verify_schedule:
    description:
      - When to verify every byte of the volume, as a CronJob writes it, for example V(0 3 * * 6). Empty means never.
      - The CronJob C(swift-k8s-verify-VOLUME) fetches damaged and missing files anew and nothing else, under
        O(rate_limit); it does not wait for O(site). Where all is well it asks no hub, so that a branch that moved
        upstream is not followed by night. Its Jobs' logs name the files; a failed Job is one that could not
        repair them. Every later run, check mode included, warns while the last one failed or had found damage.
      - With O(nodes) or a selection of nodes there is one for each node. That of a node that is not selected any more
        goes; that of a node that is only not ready or cordoned stays.
    type: str
    default: ""
  verify_timezone:
    description:
      - Time zone of O(verify_schedule), for example V(Asia/Shanghai). Empty means that of the cluster's controller
        manager.
    type: str
    default: ""
  nodes:
    description:
      - Nodes (values of their label C(kubernetes.io/hostname)) of which each has a directory of its own for the models.
      - The claim is then a C(local) volume that names all of these nodes. The first node fetches, the others take from
        it, so that the link carries each byte once.
    type: list
    elements: str
    default: []
  nodes_selector:
    description:
      - In place of O(nodes), the nodes that a label selector finds, as kubectl writes it, for example
        V(pool=gpu,tier!=test). Nodes that are not ready or cordoned are left out with a warning; so a node that joins
        later is filled by the next run, from one that has the models.
    type: str
    default: ""
  nodes_accelerators:
    description:
      - In place of O(nodes), the nodes that offer devices of these vendors; with O(nodes_selector), those of them that
        it finds.
    type: list
    elements: str
    choices: [nvidia, ascend]
    default: []
  wave:
    description: With O(nodes), how many nodes take at the same time, as a number or a share.
    type: str
    default: 25%
  lan_rate_limit:
    description:
      - Greatest rate of the server that other nodes (O(nodes)) or other clusters (O(site_serve)) take from, however
        many take at the same time. Another value reaches a server at work within about a minute.
    type: str
    default: unlimited
  keep:
    description:
      - What happens to models that were seeded here and are not listed any more.
      - V(listed) removes them from the volume, unless a pod that mounts the volume names them in its arguments,
        environment or annotations. Pods of other namespaces, which may mount the same place through another claim, are
        not seen.
    type: str
    choices: [all, listed]
    default: all
  site:
    description: Name of the network link. Of all Jobs with the same name, one works at a time.
    type: str
  site_namespace:
    description: Namespace of the Lease that stands for the link, that of the claim if not given.
    type: str
  site_kubeconfig:
    description:
      - Kubeconfig of the cluster where the Lease of the site lies, where several clusters share the link. All of them
        name the same one; then runs that were started apart wait for each other too.
      - The run that follows a Job renews the Lease for as long as the Job expects to need. When Ansible is ended, the
        Job goes on, and others may begin when that time is over, three minutes after at the earliest.
    type: path
  site_context:
    description: Context of O(site_kubeconfig), or of the kubeconfig that is used anyway.
    type: str
  site_hub:
    description:
      - Address at which the clusters behind one link reach the models of the one that fetches, for example
        V(http://10.20.0.5:30899). Models are taken from there, outside O(rate_limit). What it does not have, or has
        only a part of, comes from the models' own hubs, and so does everything where it does not answer; a warning
        says why.
      - A branch is taken as the serving cluster has it.
    type: str
  site_serve:
    description:
      - This cluster is the one that fetches. When it has the models, it serves them at O(site_hub), by the Deployment
        and Service C(swift-k8s-site-hub-VOLUME). They stay, and go when this is false. Clients of Hugging Face and of
        ModelScope download from it as from their own hubs.
      - Whoever reaches the address reads the models, unless O(site_token_secret) asks for a token.
    type: bool
    default: false
  site_service_type:
    description:
      - How O(site_hub) leads here. With V(NodePort) and V(LoadBalancer) the port is that of the address; V(ClusterIP)
        is for an Ingress or a Gateway of yours.
    type: str
    choices: [NodePort, LoadBalancer, ClusterIP]
    default: NodePort
  site_service_annotations:
    description: Annotations of the Service, for example that a load balancer shall be an internal one.
    type: dict
    default: {}
  site_token_secret:
    description:
      - Name of a Secret, beside the claim of every cluster of the site, whose key C(token) holds what O(site_hub) asks
        for.
    type: str
  image:
    description: Image of the Job. It needs Python 3.9 or later.
    type: str
    required: true
  image_pull_policy:
    description: When to pull it.
    type: str
    choices: [IfNotPresent, Always, Never]
    default: IfNotPresent
  image_pull_secrets:
    description: Secrets for the registry.
    type: list
    elements: str
    default: []
  python:
    description: Python in the image.
    type: str
    default: python3
  run_as_user:
    description: User and group of the pod, to which the files belong.
    type: int
    default: 1000
  node_selector:
    description: Labels of the nodes that may run the Job.
    type: dict
    default: {}
  tolerations:
    description: Tolerations of the Job.
    type: list
    elements: dict
    default: []
  resources:
    description: Requests and limits of the Job.
    type: dict
    default:
      requests: {cpu: 250m, memory: 128Mi}
      limits: {memory: 512Mi}
  wait:
    description: Follow the Job until it ends. Without, the run ends when the Job is made, and a later run records it.
    type: bool
    default: true
  wait_timeout:
    description: Seconds after which a run stops following. The Job goes on.
    type: int
    default: 86400
  start_timeout:
    description:
      - Seconds that a pod may look for a node before the run fails. The Job stays, for a node that comes later.
    type: int
    default: 300
  follow_seconds:
    description: Seconds that one execution of the module follows the Job. The action that shows the progress sets it.
    type: float
    default: 86400
  followed:
    description: The Jobs that this run follows, by their uid. The action that shows the progress sets it.
    type: dict
    default: {}
"""

EXAMPLES = r"""
- name: Two models, at most 300 Mbit/s for the whole site
  swift.k8s.model_seed:
    volume: models
    image: registry.example.com/library/python:3.12-slim
    rate_limit: 300Mbit/s
    rate_schedule:
      - {days: mon-fri, from: "08:00", to: "20:00", timezone: Asia/Shanghai, limit: 100Mbit/s}
    site: beijing
    models:
      - id: Qwen/Qwen2.5-VL-72B-Instruct
        revision: master
        include: ["*.safetensors", "*.json", "tokenizer*"]
      - id: meta-llama/Meta-Llama-3-70B
        hub: huggingface
        endpoint: https://mirror.example.com/hf
        token_secret: hf-token

- name: A model that was carried here on a disk, from the claim that it was copied to
  swift.k8s.model_seed:
    volume: models
    image: registry.example.com/library/python:3.12-slim
    models:
      - {id: acme/finetuned, hub: directory, source_claim: import, source: /acme-finetuned}
"""

RETURN = r"""
models:
  description: The models on the volume, in the order of the option.
  returned: when seeding is complete
  type: list
  elements: dict
  contains:
    id:
      description: Organisation and name.
      type: str
    path:
      description: Path of the model on a volume that is mounted at C(/cache), the value for C(--model).
      type: str
      sample: /cache/models/Qwen/Qwen2.5-7B-Instruct
    revision:
      description: The wished revision.
      type: str
    resolved:
      description: The commit that it was.
      type: str
    files:
      description: Number of files.
      type: int
    bytes:
      description: Their size.
      type: int
removed:
  description: Models that were removed.
  returned: when the Job has ended in this run
  type: list
  elements: str
in_use:
  description: Models that stay although they are not listed, with the pods that use them.
  returned: not in check mode
  type: dict
would_remove:
  description: Models that would be removed.
  returned: in check mode
  type: list
  elements: str
would_fetch:
  description: What would be fetched.
  returned: in check mode
  type: list
  elements: dict
seeding:
  description: Whether the Job still works.
  returned: success
  type: bool
job:
  description: Name of the Job.
  returned: when there is one
  type: str
followed:
  description: The Jobs that this run follows, by their uid.
  returned: not in check mode
  type: dict
nodes:
  description: The nodes that have the models.
  returned: with O(nodes), when seeding is complete
  type: list
  elements: str
would_fill:
  description: Nodes that would take the models from the first one.
  returned: in check mode
  type: list
  elements: str
verification:
  description: For each volume, or volume and node, the schedule, when it ran and succeeded last, and what it found.
  returned: when seeding is complete, and in check mode
  type: dict
  sample:
    models:
      schedule: 0 3 * * 6
      last_run: "2026-11-21T03:00:00Z"
      last_success: "2026-11-21T03:20:11Z"
      damaged: [Qwen/Qwen2.5-7B-Instruct tokenizer.json]
      warning: the scheduled verification of volume ai/models of 2026-11-21T03:00:00Z found 1 damaged ...
unscheduled:
  description: CronJobs that verified this volume on nodes that are not selected any more; they are removed.
  returned: when seeding is complete, and in check mode
  type: list
  elements: str
progress:
  description: The engine's last progress.
  returned: success
  type: dict
waiting:
  description: What the Job waits for.
  returned: success
  type: str
history:
  description:
    - Totals, what is free on the volume now, samples of rate and limit over time, and the times of the files.
    - The filter P(swift.k8s.seed_plot#filter) draws it.
  returned: when the Job has ended in this run, also where it failed
  type: dict
log:
  description: Warnings and other lines of the Job's log.
  returned: when the Job has ended
  type: list
  elements: str
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.swift.k8s.plugins.module_utils._cluster.cluster import connect
from ansible_collections.swift.k8s.plugins.module_utils._cluster.errors import ClusterError
from ansible_collections.swift.k8s.plugins.module_utils._seed.arguments import ARGUMENTS
from ansible_collections.swift.k8s.plugins.module_utils._seed.errors import SeedError
from ansible_collections.swift.k8s.plugins.module_utils._seed.run import run

SPEC = ARGUMENTS


def run_module(module: AnsibleModule) -> None:
    """Start or join the Job, and end the module."""
    try:
        result = run(connect(module.params), module.params, module.check_mode)
    except SeedError as error:
        past = {"history": error.history} if error.history else {}
        module.fail_json(msg=str(error), log=error.log, **past)
    except ClusterError as error:
        module.fail_json(msg=str(error))
    for sentence in result.pop("warned"):
        module.warn(sentence)
    module.exit_json(**result)


def main() -> None:
    run_module(AnsibleModule(argument_spec=SPEC, supports_check_mode=True))


if __name__ == "__main__":
    main()
