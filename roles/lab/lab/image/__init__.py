"""OCI images without a container engine: layers from directories, a store in the cache, registries by HTTP or by links.

layer = rootfs_layer("python3 from Debian 12, r1", lambda d: debian_python(["python3"], d, user=("swift", 1000)))
image = Image("python", "3.11", [layer], entrypoint=["python3"], user="1000", workdir="/home/swift")
save(image)                        # `up` and `python -m lab publish` bring every saved image to the lab's registry
push(image, "127.0.0.1:5000")      # or over HTTP, to any registry
"""

from .debian import debian_rootfs, skeleton, unpack
from .image import Image, Saved, save, saved_images
from .layer import Layer, digest_of, pack, rootfs_layer, tidy
from .python import compile_modules, debian_python
from .registry import publish, push

__all__ = [
    "Image",
    "Layer",
    "Saved",
    "compile_modules",
    "debian_python",
    "debian_rootfs",
    "digest_of",
    "pack",
    "publish",
    "push",
    "rootfs_layer",
    "save",
    "saved_images",
    "skeleton",
    "tidy",
    "unpack",
]
