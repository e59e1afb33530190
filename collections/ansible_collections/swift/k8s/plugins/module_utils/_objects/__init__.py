# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Plain Kubernetes objects as a list: compare, apply, delete. Private to this collection."""
