"""The lab's engines: the real ms-swift on CPU, its stand-in for scenarios that restart pods often, and a tiny model.

python -m lab.engine build              images ms-swift:4.6.0 and lab-engine:4.6.0, kept by recipe in the cache
python -m lab.engine publish            both, and the tiny model, to the running lab
python -m lab.engine tree ms-swift      the image unpacked, for tests on this machine
python -m lab.engine.tiny_model OUT     a random-weight model of half a megabyte that real ms-swift loads and serves

The real one is ms-swift's own wheel on Debian 13's packaged PyTorch, which is built for CPU: PyTorch's wheel brings
4 GB of CUDA libraries without which it does not import.
"""
