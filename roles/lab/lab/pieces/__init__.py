"""Pieces of the lab: compiled from Go source modules or unpacked from Debian packages, once, into the cache."""
