#!/usr/bin/python
# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
module: openai_probe
short_description: Ask served models as their callers do
version_added: 0.1.0
author:
  - swift.k8s maintainers (@swift-k8s)
description:
  - Asks any number of servers with the OpenAI API and reports what they answered, how fast, and a transcript.
  - A server inside a cluster is reached by forwarding a port to a ready pod of its Service, so no address has to lead
    to it from outside.
  - Fails when a check fails, unless O(report_only) is set.
attributes:
  check_mode:
    description: Asks as well; nothing is changed in any mode.
    support: full
  diff_mode:
    description: There is nothing to show.
    support: none
  idempotent:
    description: Changes nothing.
    support: full
options:
  services:
    description: The servers, asked in this order.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: How the report calls this server.
        type: str
        required: true
      url:
        description: Address of the server, without C(/v1). Without it the server is looked up in the cluster.
        type: str
      url_ca_cert:
        description: File with the certificates that sign the server's certificate.
        type: path
      url_validate_certs:
        description: Check the server's certificate.
        type: bool
        default: true
      namespace:
        description: Namespace of the Service and of O(services[].api_key_secret).
        type: str
        default: ms-swift
      service:
        description: Name of the Service.
        type: str
      label_selector:
        description: Labels of the Service, when its name is not known; the first match is taken.
        type: str
      port:
        description: Port of the Service; without it the first one.
        type: int
      model:
        description: Model name that the server must offer. Without it the first one it offers is asked.
        type: str
      api_key_secret:
        description: Secret with the key that the server wants.
        type: dict
        suboptions:
          name:
            description: Name of the Secret.
            type: str
            required: true
          key:
            description: Key within the Secret.
            type: str
            default: api-key
      server_key:
        description: The key itself, where it is not kept in the cluster.
        type: str
      checks:
        description:
          - What is asked, in this order; the first failure ends the checks of this server.
        type: list
        elements: str
        choices: [health, models, chat, chat_stream, completions, embeddings, image]
        default: [health, models, chat]
      question:
        description: What the model is asked.
        type: str
        default: Say hello.
      max_tokens:
        description: Greatest length of an answer.
        type: int
        default: 16
      timeout_seconds:
        description: Seconds to wait for the server to say something.
        type: int
        default: 60
      retries:
        description: How often a failed check is repeated.
        type: int
        default: 3
      delay:
        description: Seconds between two attempts.
        type: int
        default: 5
  report_only:
    description: Report failures without failing.
    type: bool
    default: false
extends_documentation_fragment:
  - swift.k8s.auth
"""

EXAMPLES = r"""
- name: Ask a release of ms-swift
  swift.k8s.openai_probe:
    services:
      - name: qwen
        label_selector: app.kubernetes.io/instance=qwen
        model: Qwen2.5-7B-Instruct
        question: What is a model cache good for?

- name: Ask through the ingress, with streaming
  swift.k8s.openai_probe:
    services:
      - name: qwen
        url: https://models.example
        api_key_secret:
          name: qwen-key
        checks: [models, chat_stream]
"""

RETURN = r"""
services:
  description: One report for each server.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: As in the task.
      type: str
    ok:
      description: Whether all checks passed.
      type: bool
    model:
      description: The models that the server offers.
      type: str
    answer:
      description: The text of the first answer.
      type: str
    checks:
      description: Each check with C(ok), C(answer), C(message), C(attempts), C(seconds), C(first_token_seconds).
      type: list
      elements: dict
    transcript:
      description: Requests and answers, without the key.
      type: list
      elements: dict
    message:
      description: What failed; empty when nothing did.
      type: str
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.swift.k8s.plugins.module_utils._cluster.auth import AUTH_ARGS
from ansible_collections.swift.k8s.plugins.module_utils._cluster.cluster import connect
from ansible_collections.swift.k8s.plugins.module_utils._cluster.errors import ClusterError
from ansible_collections.swift.k8s.plugins.module_utils._probe import options, probe

SPEC: dict[str, Any] = {
    **AUTH_ARGS,
    "services": {"type": "list", "elements": "dict", "required": True, "options": options.SERVICE, **options.RULES},
    "report_only": {"type": "bool", "default": False},
}


def run_module(module: AnsibleModule) -> None:
    """Ask the services, and end the module."""
    try:
        services = probe.run(module.params["services"], probe.once(lambda: connect(module.params)))
    except ClusterError as error:
        module.fail_json(msg=str(error))
    failures = [service["message"] for service in services if not service["ok"]]
    if failures and not module.params["report_only"]:
        module.fail_json(msg="\n".join(failures), services=services)
    module.exit_json(changed=False, services=services)


def main() -> None:
    run_module(AnsibleModule(argument_spec=SPEC, supports_check_mode=True))


if __name__ == "__main__":
    main()
