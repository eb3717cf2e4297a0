"""Train a small convolutional network on the digits of scikit-learn and dump its activations (needs torch, not skib).

Run ``python examples/torch/dump_convnet.py FOLDER``: less than a minute on a CPU, no downloads. It writes two dumps of
the same 1000 held-out images, ``FOLDER/labels`` and ``FOLDER/shuffled`` (a network trained on shuffled labels), with
files ``epoch_00010/conv1.npy`` and so on. ``measure_convnet.py`` makes the table of the gallery of them.
"""

import json
import shutil
import sys
from collections import OrderedDict
from pathlib import Path

import numpy as np
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

DUMPED_EPOCHS = (0, 1, 2, 4, 8, 16, 32, 64)


@torch.no_grad()
def dump_activations(model, loader, folder, epoch, layers=None):
    """Write the outputs of the modules named `layers` (None: the children of the model) for every row of `loader`.

    The loader yields (inputs, labels, ids), always in the same order. Labels and ids go with every epoch, so that
    ``skib.dumps.open_dump`` notices rows in another order. Of the activations one batch at a time is in memory.
    """
    modules, device = dict(model.named_modules()), next(model.parameters()).device
    unfinished = Path(folder) / "unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    captured, files, labels, ids = {}, {}, [], []

    def keep(name):
        def hook(_module, _inputs, output):
            output = output[0] if isinstance(output, tuple) else output  # recurrent and attention layers give tuples
            captured[name] = output.float().cpu().numpy().copy()  # a later layer may work in place

        return modules[name].register_forward_hook(hook)

    layers = layers or [name for name, _ in model.named_children()]
    hooks = [keep(name) for name in layers]
    training = [module for module in model.modules() if module.training]
    model.eval()  # dropout off, batch normalization by its running statistics
    try:
        for inputs, batch_labels, batch_ids in loader:
            model(inputs.to(device))
            start = sum(map(len, ids))
            for name, values in captured.items():
                if len(values) != len(batch_ids):
                    raise ValueError(
                        f"{name} gives {values.shape} for {len(batch_ids)} rows: move its batch axis first"
                    )
                if name not in files:
                    shape = (len(loader.dataset), *values.shape[1:])
                    files[name] = np.lib.format.open_memmap(unfinished / f"{name}.npy", "w+", values.dtype, shape)
                files[name][start : start + len(values)] = values
            labels.append(batch_labels.numpy())
            ids.append(batch_ids.numpy())
    finally:
        for hook in hooks:
            hook.remove()
        for module in training:
            module.training = True
    np.save(unfinished / "y.npy", np.concatenate(labels))
    np.save(unfinished / "ids.npy", np.concatenate(ids))
    (Path(folder) / "meta.json").write_text(json.dumps({"layers": layers}))
    unfinished.rename(Path(folder) / f"epoch_{epoch:05d}")  # no reader sees half an epoch


def convolution(inputs, outputs, *last):
    return nn.Sequential(nn.Conv2d(inputs, outputs, 3, padding=1), nn.BatchNorm2d(outputs), nn.ReLU(), *last)


def convnet():
    """Four layers, each one child of the model: what is dumped is their outputs."""
    return nn.Sequential(
        OrderedDict(
            conv1=convolution(1, 8),
            conv2=convolution(8, 16, nn.MaxPool2d(2)),
            fc=nn.Sequential(nn.Flatten(), nn.Linear(16 * 4 * 4, 32), nn.ReLU()),
            logits=nn.Linear(32, 10),
        )
    )


def loaders(labels, images, seed=0):
    """Training rows in random order, and 1000 held-out rows in the order of their ids."""
    train, held_out = train_test_split(np.arange(len(labels)), test_size=1000, stratify=labels, random_state=seed)
    data = TensorDataset(torch.from_numpy(images), torch.from_numpy(labels), torch.arange(len(labels)))
    shuffling = DataLoader(torch.utils.data.Subset(data, train), 32, shuffle=True)
    return shuffling, DataLoader(torch.utils.data.Subset(data, np.sort(held_out)), 250)


def train_and_dump(folder, labels, images):
    """Dump before training and after some epochs; returns the accuracies on training and held-out rows."""
    torch.manual_seed(0)
    model, (train, held_out) = convnet(), loaders(labels, images)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    for epoch in range(max(DUMPED_EPOCHS) + 1):
        if epoch in DUMPED_EPOCHS:
            dump_activations(model, held_out, folder, epoch)
        for inputs, targets, _ in train:
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(inputs), targets).backward()
            optimizer.step()
    rows = np.load(Path(folder) / "epoch_00000" / "ids.npy")
    np.save(Path(folder) / "X.npy", images[rows].reshape(len(rows), -1))
    return accuracy(model, train), accuracy(model, held_out)


@torch.no_grad()
def accuracy(model, loader):
    model.eval()
    return float(torch.cat([model(inputs).argmax(1) == labels for inputs, labels, _ in loader]).float().mean())


if __name__ == "__main__":
    torch.set_num_threads(1)  # the network is so small that threads would wait for one another
    folder = Path(sys.argv[1])
    images, labels = load_digits(return_X_y=True)
    images = (images / 16).astype(np.float32).reshape(-1, 1, 8, 8)
    for name, given in {"labels": labels, "shuffled": np.random.default_rng(0).permutation(labels)}.items():
        on_train, on_held_out = train_and_dump(folder / name, given, images)
        print(f"{name}: accuracy {on_train:.3f} on training rows, {on_held_out:.3f} on held-out rows")
