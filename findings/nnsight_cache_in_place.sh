#!/usr/bin/env bash
# nnsight 0.8.1 (torch 2.14.1): the cache of a trace holds what a later in-place module left, not what the module returned.
#
# One would swear that ``tracer.cache(modules=[model.fc1])`` keeps the output of fc1: a cache is read after the pass, and
# its entries are detached and moved off the device of the network. On a CPU that is a view, and no copy as from a GPU, so
# that in Linear -> ReLU(inplace=True), a usual pair, the entry "output of fc1" is the output of the ReLU: no negative
# number, of the right shape and dtype, without a word. ``fc1.output.save()`` is the same. Two layers then seem to have
# equal information at every epoch. ``fc1.output.clone().save()`` in the trace is the remedy.
#
# Installs torch, some gigabytes.
#
# Output seen:
#   fc1 returned   [[-0.4, 0.79, -0.39], [-0.21, 0.24, -0.43]]
#   cache of fc1   [[0.0, 0.79, 0.0], [0.0, 0.24, 0.0]]
#   output.save()  [[0.0, 0.79, 0.0], [0.0, 0.24, 0.0]]
#   after clone(): equal to what fc1 returned
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check nnsight==0.8.1 torch==2.14.1 numpy==2.4.6
cd "$work"
"$work/venv/bin/python" - << 'PYTHON'
from importlib.metadata import version

import nnsight
import torch
from torch import nn

print("nnsight", version("nnsight"), "torch", version("torch"))
torch.manual_seed(0)
network = nn.Sequential()
network.add_module("fc1", nn.Linear(2, 3))
network.add_module("act", nn.ReLU(inplace=True))
network.add_module("fc2", nn.Linear(3, 2))
x = torch.tensor([[0.5, -1.0], [1.0, -0.5]])
with torch.no_grad():
    returned = network.fc1(x)


def shown(tensor):
    return [[round(value, 2) + 0.0 for value in row] for row in tensor.tolist()]


model = nnsight.NNsight(network)
with torch.no_grad(), model.trace(x) as tracer:
    cache = tracer.cache(modules=[model.fc1]).save()
with torch.no_grad(), model.trace(x):
    saved = model.fc1.output.save()
with torch.no_grad(), model.trace(x):
    copied = model.fc1.output.clone().save()
cached = cache["model.fc1"].output
print("fc1 returned  ", shown(returned))
print("cache of fc1  ", shown(cached))
print("output.save() ", shown(saved))
assert (returned < 0).any(), "the example has nothing to overwrite"
assert torch.equal(cached, returned.relu()), "changed: the cache is no longer overwritten in place"
assert torch.equal(saved, returned.relu()), "changed: a saved output is no longer overwritten in place"
assert torch.equal(copied, returned)
print("after clone(): equal to what fc1 returned")
PYTHON
