"""Dump the modules of a PyTorch network with nnsight, and measure them. Tried with nnsight 0.8.1 and torch 2.14.1.

Run ``python examples/recipes/nnsight_cache.py FOLDER``: a minute on a CPU, no downloads.
"""

import sys

import nnsight
import numpy as np
import torch
from save_epoch import draw_plane, save_epoch
from sklearn.datasets import load_digits
from torch import nn

from skib.dumps import open_dump


def activations(model, modules, inputs, batch_size=250):
    parts = {}
    for batch in inputs.split(batch_size):
        with torch.no_grad(), model.trace(batch) as tracer:
            cache = tracer.cache(modules=modules).save()
        for name in cache.keys():
            output = cache[name].output
            output = output[0] if isinstance(output, tuple) else output  # hidden states come first
            parts.setdefault(name, []).append(output.float().cpu().numpy())
    return {name: np.concatenate(arrays) for name, arrays in parts.items()}


class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1, self.fc2, self.logits = nn.Linear(64, 32), nn.Linear(32, 16), nn.Linear(16, 10)

    def forward(self, x):
        return self.logits(self.fc2(self.fc1(x).relu()).relu())


if __name__ == "__main__":
    folder = sys.argv[1]
    torch.manual_seed(0)
    torch.set_num_threads(1)
    images, labels = load_digits(return_X_y=True)
    inputs, targets = torch.tensor(images / 16, dtype=torch.float32), torch.tensor(labels)
    held_out, network = np.arange(797, 1797), Network()
    model = nnsight.NNsight(network)
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3)
    for epoch in range(33):
        if epoch in (0, 1, 2, 4, 8, 16, 32):
            layers = activations(model, [model.fc1, model.fc2, model.logits], inputs[held_out])
            save_epoch(folder, epoch, layers, labels[held_out], held_out)
        for rows in torch.randperm(797).split(32):
            optimizer.zero_grad()
            nn.functional.cross_entropy(network(inputs[rows]), targets[rows]).backward()
            optimizer.step()
    draw_plane(open_dump(folder), f"{folder}/plane.png")
