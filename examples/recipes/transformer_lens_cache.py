"""Dump the residual stream of a transformer with TransformerLens, and measure it. Tried with transformer-lens 4.3.0.

Run ``python examples/recipes/transformer_lens_cache.py FOLDER``: a minute on a CPU; a small transformer is trained,
nothing is downloaded.
"""

import sys

import numpy as np
import torch
from save_epoch import draw_plane, save_epoch
from transformer_lens.model_bridge import TransformerBridge

from skib.dumps import open_dump

N_LETTERS, LENGTH = 6, 8


@torch.no_grad()
def activations(model, tokens, names, batch_size=32):
    parts = {name: [] for name in names}
    for batch in tokens.split(batch_size):
        _, cache = model.run_with_cache(batch, names_filter=list(names))
        for name in names:
            parts[name].append(cache[name].float().cpu().numpy())
    return {name: np.concatenate(arrays) for name, arrays in parts.items()}


def look_up(n_rows, rng):
    """Letters and then the number of one of them, whose letter is asked for."""
    letters = rng.integers(N_LETTERS, size=(n_rows, LENGTH))
    asked = rng.integers(LENGTH, size=n_rows)
    tokens = np.column_stack([letters, N_LETTERS + asked])
    return torch.tensor(tokens), torch.tensor(letters[np.arange(n_rows), asked])


if __name__ == "__main__":
    folder, rng = sys.argv[1], np.random.default_rng(0)
    torch.manual_seed(0)
    torch.set_num_threads(1)
    sizes = dict(n_layers=2, d_model=32, d_head=8, n_heads=4, d_mlp=64, n_ctx=LENGTH + 1, d_vocab=N_LETTERS + LENGTH)
    model = TransformerBridge.boot_native({**sizes, "act_fn": "gelu", "seed": 0})
    tokens, y = look_up(1000, np.random.default_rng(1))
    names = [f"blocks.{layer}.hook_resid_post" for layer in range(model.cfg.n_layers)]
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    for step in range(257):
        if step in (0, 16, 32, 64, 128, 256):
            save_epoch(folder, step, activations(model, tokens, names), y.numpy(), np.arange(len(y)))
        batch, answers = look_up(128, rng)
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(model(batch)[:, -1], answers).backward()
        optimizer.step()
    draw_plane(open_dump(folder, reduce="last_token"), f"{folder}/plane.png")
