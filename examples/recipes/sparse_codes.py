"""Dump the codes of a sparse autoencoder as sparse layers, and measure them. Tried with torch 2.14.1 and scipy 1.17.1.

Run ``python examples/recipes/sparse_codes.py FOLDER``: a minute on a CPU, no downloads. The autoencoder has the methods
of sae-lens 6.54 (``encode`` returns all latents, most of which are 0) and of sparsify (``top_acts``, ``top_indices``).
"""

import json
import sys
from pathlib import Path

import numpy as np
import torch
from save_epoch import draw_plane
from scipy import sparse
from sklearn.datasets import load_digits
from torch import nn

from skib.dumps import open_dump
from skib.mutual_info import mutual_info_features


@torch.no_grad()
def save_codes(path, sae, activations, batch_size=256):
    """Write what ``sae.encode`` returns, dense or a sparse tensor, as a sparse layer; one batch is dense at a time."""
    blocks = []
    for batch in activations.split(batch_size):
        codes = sae.encode(batch)
        codes = codes.to_dense() if codes.is_sparse else codes
        blocks.append(sparse.csr_array(codes.float().cpu().numpy()))
    sparse.save_npz(path, sparse.vstack(blocks, "csr"))


@torch.no_grad()
def save_top(path, sae, activations, y, ids, batch_size=256):
    """Write the pairs that ``sae.top`` returns, as sparsify and latent-scope store them."""
    pairs = [sae.top(batch) for batch in activations.split(batch_size)]
    top_acts, top_indices = (torch.cat(parts).cpu().numpy() for parts in zip(*pairs, strict=True))
    np.savez(path, top_indices=top_indices, top_acts=top_acts, y=y, ids=ids)


class TopK(nn.Module):
    def __init__(self, n_units, n_latents, k):
        super().__init__()
        self.encoder, self.decoder, self.k = nn.Linear(n_units, n_latents), nn.Linear(n_latents, n_units), k
        self.encoder.weight.data = self.decoder.weight.data.T.clone()

    def top(self, x):
        top_acts, top_indices = self.encoder(x).topk(self.k, sorted=False)
        return top_acts.relu(), top_indices

    def encode(self, x):
        top_acts, top_indices = self.top(x)
        return x.new_zeros(len(x), self.encoder.out_features).scatter_(-1, top_indices, top_acts)

    def forward(self, x):
        return self.decoder(self.encode(x))


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    torch.manual_seed(0)
    torch.set_num_threads(1)
    images, y = load_digits(return_X_y=True)
    layer, ids = torch.tensor(images / 16, dtype=torch.float32), np.arange(len(y))
    sae = TopK(64, 512, k=16)
    optimizer = torch.optim.Adam(sae.parameters(), lr=1e-3)
    for epoch in range(65):
        if epoch in (0, 4, 16, 64):
            (folder / f"epoch_{epoch:05d}").mkdir(parents=True)
            save_codes(folder / f"epoch_{epoch:05d}" / "codes.npz", sae, layer)
            (folder / "pairs").mkdir(exist_ok=True)
            save_top(folder / "pairs" / f"epoch_{epoch:05d}.npz", sae, layer, y, ids)
        for rows in torch.randperm(len(y)).split(64):
            optimizer.zero_grad()
            nn.functional.mse_loss(sae(layer[rows]), layer[rows]).backward()
            optimizer.step()
    np.save(folder / "y.npy", y)
    np.save(folder / "ids.npy", ids)
    (folder / "pairs" / "meta.json").write_text(json.dumps({"n_latents": 512}))  # some fire in no row
    dump, pairs = open_dump(folder), open_dump(folder / "pairs")
    codes = dump[64, "codes"]
    assert (codes != pairs[64, "codes"]).nnz == 0  # a csr_array of scipy, however it was stored
    information = mutual_info_features(codes, y)
    print(
        f"{codes.shape[1]} latents, {codes.nnz / len(y):.1f} of which fire in a row; those with the most information:"
    )
    print(", ".join(f"{j} ({information[j]:.2f} nats)" for j in np.argsort(-information)[:5]))
    draw_plane(dump, folder / "plane.png")
