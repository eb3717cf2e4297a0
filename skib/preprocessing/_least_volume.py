"""Training of an autoencoder whose code fills the least volume, and drops the dimensions that it does not need."""

from typing import NamedTuple

import numpy as np

from skib._layers import AdamState, batches, cosine

# Largest spectral norm of a layer of the decoder. With leaky rectifiers a smaller one only enlarges the code.
_LARGEST_NORM = 2.0
# Added to standard deviations, so that a dimension which vanishes does not hide the others.
_OFFSET = 0.01
# Shares of `max_iter`: before the first attempt to drop a dimension, after the last one, between attempts, and how long
# one may take to recover. A standard deviation that is dropped without a pause.
_WARM_UP, _SETTLING, _PAUSE, _PATIENCE, _VANISHED = 0.1, 0.4, 0.025, 0.1, 0.05
# The weight of the volume rises while less than this share of the tolerance is lost, by this factor in a step.
_TARGET, _GAIN = 0.7, 0.02
_FIRST_WEIGHT, _WEIGHTS = 0.01, (1e-5, 1.0)
# The share of the weight that is left while the network recovers from an attempt.
_EASED = 0.2
# Shares of the last batches in running means.
_NEW_LOSS, _NEW_SPREAD = 0.02, 0.1


class Volume(NamedTuple):
    """The volume of the code, (product of (s_i + offset))^(1/m) over its m live dimensions, and its derivatives."""

    value: float
    by_code: np.ndarray
    spread: np.ndarray  # s, the standard deviations


def volume(code, live):
    """Return the Volume of the code of some rows; `live` marks the dimensions that count."""
    centered = code - code.mean(axis=0)
    spread = np.sqrt(np.mean(centered**2, axis=0)) + code.dtype.type(1e-12)
    value = np.exp(np.log(spread[live] + _OFFSET).mean())
    by_spread = np.where(live, value / live.sum() / (spread + _OFFSET), 0).astype(code.dtype)
    return Volume(value, by_spread * centered / (spread * len(code)), spread)


class LeastVolume:
    """The network, its live dimensions, and the search for fewer of them."""

    def __init__(self, network, tolerance, rate, rng):
        self.network, self.tolerance, self.rate, self.rng = network, tolerance, rate, rng
        self.live = np.ones(network.coefs_[network.code].shape[1], bool)
        self.lost, self.spread, self.n_epochs = 1.0, None, 0
        self._adam, self._weight = AdamState(network.parameters), _FIRST_WEIGHT
        self._directions = [rng.normal(size=w.shape[1]).astype(w.dtype) for w in network.coefs_]
        self._attempt = None

    def run(self, x, max_iter):
        """Train within `max_iter` epochs; return whether the search for fewer dimensions came to an end."""
        for _ in range(round(_WARM_UP * max_iter)):
            self._epoch(x, self.rate, most_room=0.0)
        done = self._search(x, max_iter)
        n_last = max(round(_SETTLING * max_iter), 1)
        for epoch in range(n_last):
            self._epoch(x, self.rate * cosine(epoch / n_last), most_room=0.0)
        return done

    def _search(self, x, max_iter):
        waited, pause, patience = 0, _PAUSE * max_iter, _PATIENCE * max_iter
        for _ in range(max_iter - self.n_epochs - round(_SETTLING * max_iter)):
            self._epoch(x, self.rate, most_room=1.0)
            if self._attempt is not None:
                waited = 0
                if not self._still_hopeful(patience):
                    return True
                continue
            waited += 1
            j = np.flatnonzero(self.live)[np.argmin(self.spread[self.live])]
            if self.lost < self.tolerance and (waited > pause or self.spread[j] < _VANISHED):
                if self.live.sum() == 1:
                    return True
                self._drop(j, x)
        if self._attempt is not None:
            self._undo()
        return False

    def _drop(self, j, x):
        """Fix a dimension at its mean, which moves to the intercept of the decoder."""
        self._attempt = _Attempt(self._adam.snapshot(), self.live.copy(), self._weight, self.n_epochs)
        network, layer = self.network, self.network.code + 1
        mean = network.outputs(x)[layer][:, j].mean()
        network.intercepts_[layer] += mean * network.coefs_[layer][j]
        self.live[j] = False
        self.lost = 2 * self.tolerance  # to be measured anew

    def _still_hopeful(self, patience):
        """End an attempt that succeeded, undo one that lasts too long; return whether there may be another."""
        if self.lost < self.tolerance:
            self._attempt = None
        elif self.n_epochs - self._attempt.epoch >= patience:
            self._undo()
            return False
        return True

    def _undo(self):
        self._adam.restore(self._attempt.arrays)
        self.live, self._weight, self._attempt = self._attempt.live, self._attempt.weight, None

    def _epoch(self, x, rate, most_room):
        for rows in batches(len(x), self.rng):
            self._step(x[rows], rate)
            if self._attempt is None:
                self._adapt(most_room)
        self.n_epochs += 1

    def _step(self, x, rate):
        kept = self.live.astype(x.dtype)[None]
        outputs = self.network.outputs(x, kept)
        error = outputs[-1] - x
        code = outputs[self.network.code + 1][0]
        filled = volume(code, self.live)
        weight = x.dtype.type(self._weight if self._attempt is None else _EASED * self._weight)
        gradients = self.network.gradients(outputs, (2 / x.size) * error, weight * filled.by_code, kept)
        self._adam.step(gradients, rate)
        self._bound_decoder()
        self.lost += _NEW_LOSS * (float(np.mean(error**2)) - self.lost)
        old = filled.spread if self.spread is None else self.spread
        self.spread = old + _NEW_SPREAD * (filled.spread - old)

    def _adapt(self, most_room):
        """Raise the weight of the volume while the loss leaves room, and lower it where it is too large."""
        room = np.clip(1 - self.lost / (_TARGET * self.tolerance), -1, most_room)
        self._weight = float(np.clip(self._weight * np.exp(_GAIN * room), *_WEIGHTS))

    def _bound_decoder(self):
        """Scale layers of the decoder down to the largest norm, by one step of a power iteration each."""
        for i in range(self.network.code + 1, len(self.network.coefs_)):
            coefs = self.network.coefs_[i]
            image = coefs @ self._directions[i]
            back = (image / max(np.linalg.norm(image), 1e-12)) @ coefs
            norm = np.linalg.norm(back)
            self._directions[i] = back / max(norm, 1e-12)
            if norm > _LARGEST_NORM:
                coefs *= coefs.dtype.type(_LARGEST_NORM / norm)


class _Attempt(NamedTuple):
    """What is restored if a dimension turns out to be needed."""

    arrays: list
    live: np.ndarray
    weight: float
    epoch: int
