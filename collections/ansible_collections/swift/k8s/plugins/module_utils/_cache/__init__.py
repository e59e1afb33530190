# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Bytes on disk: what is there, what is missing, and the way from one to the other. Standard library only."""
