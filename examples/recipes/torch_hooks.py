"""Dump the layers of a PyTorch module by forward hooks, and measure them. Tried with torch 2.14.1.

Run ``python examples/recipes/torch_hooks.py FOLDER``: half a minute on a CPU, no downloads.
"""

import sys
from collections import OrderedDict

import numpy as np
import torch
from save_epoch import draw_plane, save_epoch
from sklearn.datasets import load_digits
from torch import nn

from skib.dumps import open_dump


@torch.no_grad()
def activations(model, inputs, names, batch_size=256):
    parts, training = {name: [] for name in names}, model.training

    def keep(name):
        return lambda _module, _inputs, output: parts[name].append(output.float().cpu().numpy().copy())

    hooks = [model.get_submodule(name).register_forward_hook(keep(name)) for name in names]
    model.eval()  # dropout off, batch normalization by its running statistics
    for batch in inputs.split(batch_size):
        model(batch)
    for hook in hooks:
        hook.remove()
    model.train(training)
    return {name: np.concatenate(arrays) for name, arrays in parts.items()}


if __name__ == "__main__":
    folder = sys.argv[1]
    torch.manual_seed(0)
    torch.set_num_threads(1)
    images, labels = load_digits(return_X_y=True)
    inputs, targets = torch.tensor(images / 16, dtype=torch.float32), torch.tensor(labels)
    held_out = np.arange(797, 1797)
    model = nn.Sequential(
        OrderedDict(
            fc1=nn.Sequential(nn.Linear(64, 32), nn.ReLU()),
            dropout=nn.Dropout(0.2),
            fc2=nn.Sequential(nn.Linear(32, 16), nn.ReLU()),
            logits=nn.Linear(16, 10),
        )
    )
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    for epoch in range(65):
        if epoch in (0, 1, 2, 4, 8, 16, 32, 64):
            layers = activations(model, inputs[held_out], ["fc1", "fc2", "logits"])
            save_epoch(folder, epoch, layers, labels[held_out], held_out)
        for rows in torch.randperm(797).split(32):
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(inputs[rows]), targets[rows]).backward()
            optimizer.step()
    draw_plane(open_dump(folder), f"{folder}/plane.png")
