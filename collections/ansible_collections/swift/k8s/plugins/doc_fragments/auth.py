# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0

"""The options that say how to reach a cluster."""

from __future__ import annotations


class ModuleDocFragment:
    """Shared by every module that talks to a cluster."""

    DOCUMENTATION = r"""
notes:
  - With C(ansible_connection=local) and C(ansible_python_interpreter={{ ansible_playbook_python }}), as in the shipped
    inventories, the task runs in Ansible's own process, which saves half a second. With C(become), C(environment),
    C(delegate_to), C(async), another interpreter or another connection it runs as any module does, with the same
    result.
options:
  kubeconfig:
    description:
      - Path of a kubeconfig.
      - Without it and without O(host), E(KUBECONFIG) is used, then C(~/.kube/config), then the account of the pod.
      - Can be set with E(K8S_AUTH_KUBECONFIG).
    type: path
    aliases: [kubeconfig_path]
  context:
    description: Context of the kubeconfig. Can be set with E(K8S_AUTH_CONTEXT).
    type: str
    aliases: [kube_context]
  host:
    description: URL of the API server. Can be set with E(K8S_AUTH_HOST).
    type: str
  api_key:
    description: Bearer token. Can be set with E(K8S_AUTH_API_KEY).
    type: str
  username:
    description: User name for basic authentication. Can be set with E(K8S_AUTH_USERNAME).
    type: str
  password:
    description: Password for basic authentication. Can be set with E(K8S_AUTH_PASSWORD).
    type: str
  ca_cert:
    description: Certificate authority of the API server, a path. Can be set with E(K8S_AUTH_SSL_CA_CERT).
    type: path
    aliases: [ssl_ca_cert]
  client_cert:
    description: Path of a client certificate. Can be set with E(K8S_AUTH_CERT_FILE).
    type: path
    aliases: [cert_file]
  client_key:
    description: Path of the client certificate's key. Can be set with E(K8S_AUTH_KEY_FILE).
    type: path
    aliases: [key_file]
  validate_certs:
    description: Whether the API server's certificate is checked. Can be set with E(K8S_AUTH_VERIFY_SSL).
    type: bool
    aliases: [verify_ssl]
  proxy:
    description: URL of the HTTP proxy on the way to the API server. Can be set with E(K8S_AUTH_PROXY).
    type: str
  no_proxy:
    description: Hosts, separated by commas, that are reached without the proxy. Can be set with E(K8S_AUTH_NO_PROXY).
    type: str
  impersonate_user:
    description: User on whose behalf to act. Can be set with E(K8S_AUTH_IMPERSONATE_USER).
    type: str
  impersonate_groups:
    description: Groups on whose behalf to act. Can be set with E(K8S_AUTH_IMPERSONATE_GROUPS).
    type: list
    elements: str
"""
