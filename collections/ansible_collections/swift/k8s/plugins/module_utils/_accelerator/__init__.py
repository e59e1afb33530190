# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""What an accelerator is: tables of vendors and pure functions over nodes and pods. Private to this collection.

A vendor is one file with a VENDOR and one entry in VENDORS.
"""
