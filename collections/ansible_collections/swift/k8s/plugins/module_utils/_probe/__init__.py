# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Asking a served model as its callers do. Private to the collection."""
