# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Helm releases: wanted, stored, live, and the way from one to the other. Private to the collection."""
