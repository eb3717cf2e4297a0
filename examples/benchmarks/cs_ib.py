"""Regression through a code of few nats: which bottleneck loses least, and which is the most robust?

    python examples/benchmarks/cs_ib.py
    python examples/benchmarks/cs_ib.py --housing cal_housing.data --bike hour.csv --seeds 5
    python examples/benchmarks/cs_ib.py --housing cal_housing.data --methods none vib dropout --epochs 60

The experiment of "Cauchy-Schwarz divergence information bottleneck for regression" (ICLR 2024) with a common protocol.
One network, with hidden layers of 64 units before and after a code T of 16 units, is trained with each penalty, or with
dropout of T. In all of them T has noise (learned by "vib", else of standard deviation 0.1), so that every code has a
rate, of one currency: the Gaussian upper bound of I(X;T) on the training rows, in nats. The rows are split into 64 %
for training (a tenth of which selects the epoch), 16 % that select beta, and 20 % for the test. Columns are scaled by
the rows of training. "mlp" is scikit-learn's network of the same layers.

At r = 0 the beta is taken whose error on the selecting rows is least. At r = 0.5 the code has half of the rate that the
same network has without a penalty (same seed): the error is interpolated between the two fits with rates beside it, and
missing where there are none. Dropout of T at probability 0.5 stands in a row of its own, at whatever rate it has.

Columns: the root mean squared error of the test rows (in standard deviations of y among the training rows) with its
standard deviation over the seeds, the same with noise of 0.3 standard deviations added to all columns of X, and after
one step of 0.1 standard deviations per column in the direction that raises the error of each row (fast gradient sign).

California Housing (rows below the cap of 500,000, logarithm of the price) and Bike Sharing (logarithm of the count)
are read from the paths given, comma-separated as they are distributed. Diabetes comes with scikit-learn.
"""

import argparse
import os
import warnings

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[name] = "1"

import numpy as np
import pandas as pd
from sklearn.datasets import load_diabetes
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPRegressor

from skib import SkibWarning
from skib._layers import AdamState, Layers, batches, cosine, glorot
from skib.bottleneck.neural import (
    HSIC,
    Adam,
    CauchySchwarzQMI,
    ConditionalCauchySchwarz,
    NeuralBottleneckRegressor,
    PairwiseRate,
    SquaredError,
)
from skib.bottleneck.neural._rates import gaussian_rate

HIDDEN, N_UNITS, SIGMA = 64, 16, 0.1
# Penalties, datafits and betas; a beta of a dependence has another unit than one of nats.
NATS, PAIRS, DEPENDENCES = (
    (1e4, 1e3, 300.0, 100.0, 30.0, 10.0),
    (1e4, 3.0, 1.0, 0.3, 0.1),
    (1e4, 0.3, 0.1, 0.03, 0.01, 0.003),
)
METHODS = {
    "none": (None, SquaredError(None), (1e12,)),
    "vib": (None, SquaredError(None), NATS),
    "pairwise": (PairwiseRate(), SquaredError(None), PAIRS),
    "hsic": (HSIC(), SquaredError(None), DEPENDENCES),
    "cs": (CauchySchwarzQMI(), SquaredError(None), DEPENDENCES),
    "cs cond": (CauchySchwarzQMI(), ConditionalCauchySchwarz(0.5), DEPENDENCES),
}
DROPPED = (0.1, 0.3, 0.5, 0.7, 0.9)
NOISE, STEP = 0.3, 0.1


class Dropout:
    """The network with dropout of its code, and noise on what is left."""

    def __init__(self, p, epochs, seed):
        self.p, self.epochs, self.rng = p, epochs, np.random.default_rng(seed)

    def fit(self, x, y):
        sizes = [x.shape[1], HIDDEN, N_UNITS, HIDDEN, 1]
        coefs = [glorot(a, b, self.rng).astype(np.float32) for a, b in zip(sizes[:-1], sizes[1:], strict=True)]
        intercepts = [np.zeros(b, np.float32) for b in sizes[1:]]
        self.encoder = Layers(coefs[:2], intercepts[:2], ("relu", "identity"))
        self.decoder = Layers(coefs[2:], intercepts[2:], ("relu", "identity"))
        order, n_held = self.rng.permutation(len(x)), len(x) // 10
        held, rows = order[:n_held], order[n_held:]
        x32, y32 = x.astype(np.float32), y[:, None].astype(np.float32)
        adam, best, least = AdamState([*coefs, *intercepts]), None, np.inf
        for epoch in range(self.epochs):
            for batch in batches(len(rows), self.rng):
                adam.step(self.gradients(x32[rows[batch]], y32[rows[batch]]), 0.002 * cosine(epoch / self.epochs))
            error = np.mean((self.predict(x32[held]) - y[held]) ** 2)
            if error < least:
                best, least = adam.snapshot(), error
        adam.restore(best)
        self.rate_upper_ = np.mean([self.rate(x) for _ in range(8)])
        return self

    def mask(self, shape):
        return (self.rng.random(shape) >= self.p) / np.float32(1 - self.p)

    def gradients(self, x, y):
        outputs = self.encoder.outputs(x)
        mask = self.mask((len(x), N_UNITS)).astype(np.float32)
        noise = SIGMA * self.rng.standard_normal(mask.shape, dtype=np.float32)
        decoded = self.decoder.outputs(outputs[-1] * mask + noise)
        residual = decoded[-1] - y
        by_coefs, by_intercepts, by_code = self.decoder.gradients(decoded, residual / np.mean(residual**2) / len(x))
        of_encoder = self.encoder.gradients(outputs, by_code * mask)
        return [*of_encoder[0], *by_coefs, *of_encoder[1], *by_intercepts]

    def rate(self, x):
        """The Gaussian bound with one drawn mask for all rows: I(X;T, mask) is its mean over masks."""
        mu = self.encoder.last(x.astype(np.float32)).astype(float) * self.mask(N_UNITS)
        return gaussian_rate(mu, np.full_like(mu, 2 * np.log(SIGMA)))

    def predict(self, x):
        return self.decoder.last(self.encoder.last(x.astype(np.float32)))[:, 0].astype(float)

    def input_gradients(self, x, y):
        outputs = self.encoder.outputs(x.astype(np.float32))
        decoded = self.decoder.outputs(outputs[-1])
        *_, by_code = self.decoder.gradients(decoded, decoded[-1] - y[:, None].astype(np.float32))
        return self.encoder.gradients(outputs, by_code)[2]


def bottleneck(method, beta, epochs, seed):
    penalty, datafit, _ = METHODS[method]
    return NeuralBottleneckRegressor(
        penalty,
        datafit,
        beta,
        N_UNITS,
        (HIDDEN,),
        noise="learned" if method == "vib" else SIGMA,
        decoder_hidden=(HIDDEN,),
        solver=Adam(0.002, epochs, early_stopping=True, n_iter_no_change=epochs),
        random_state=seed,
    )


def mlp(seed):
    sizes = (HIDDEN, N_UNITS, HIDDEN)
    return MLPRegressor(hidden_layer_sizes=sizes, early_stopping=True, random_state=seed)


def california(path):
    table = pd.read_csv(path)
    table = table[table.iloc[:, -1] < 500_000].dropna()
    values = table.to_numpy(float)
    rooms, bedrooms, people, homes = values[:, 3:7].T
    x = np.column_stack([values[:, :3], rooms / homes, bedrooms / homes, people, people / homes, values[:, 7]])
    return x, np.log(values[:, -1])


def bike(path):
    table = pd.read_csv(path)
    columns = [
        "season",
        "yr",
        "mnth",
        "hr",
        "holiday",
        "weekday",
        "workingday",
        "weathersit",
        "temp",
        "hum",
        "windspeed",
    ]
    return table[columns].to_numpy(float), np.log1p(table["cnt"].to_numpy(float))


def parts(x, y, n_rows, seed):
    """Rows for training, selection and test, scaled by those for training."""
    order = np.random.default_rng(seed).permutation(len(x))[:n_rows]
    train, select, test = np.split(order, [int(0.64 * len(order)), int(0.8 * len(order))])
    x = (x - x[train].mean(axis=0)) / x[train].std(axis=0)
    y = (y - y[train].mean()) / y[train].std()
    return [(x[rows], y[rows]) for rows in (train, select, test)]


def errors(model, x, y, seed):
    """Root mean squared errors: of the rows, with noise, and after a step against the model."""

    def error(shift):
        return np.sqrt(np.mean((model.predict(x + shift) - y) ** 2))

    noisy = error(NOISE * np.random.default_rng(seed).standard_normal(x.shape))
    attacked = error(STEP * np.sign(model.input_gradients(x, y))) if hasattr(model, "input_gradients") else np.nan
    return np.array([error(0.0), noisy, attacked])


def interpolated(rates, values, at):
    """The values at a rate between those of two fits; NaN outside of all."""
    order = np.argsort(rates)
    return np.array([np.interp(at, rates[order], column[order], np.nan, np.nan) for column in values.T])


def one_seed(x, y, args, seed):
    """Yield (method, r, rate, errors) for one split."""
    (x, y), select, test = parts(x, y, args.rows, seed)
    tabled = {"mlp": [(np.nan, mlp(seed))]}
    for method in args.methods:
        if method == "dropout":
            tabled[method] = [(p, Dropout(p, args.epochs, seed)) for p in DROPPED]
        else:
            tabled[method] = [(beta, bottleneck(method, beta, args.epochs, seed)) for beta in METHODS[method][2]]
    reference = np.nan
    for method, models in tabled.items():
        models = [(strength, model.fit(x, y)) for strength, model in models]
        found = np.array([errors(model, *test, seed) for _, model in models])
        rates = np.array([getattr(model, "rate_upper_", np.nan) for _, model in models])
        reference = rates[0] if method == "none" else reference
        best = np.argmin([np.mean((model.predict(select[0]) - select[1]) ** 2) for _, model in models])
        yield method, "0", rates[best], found[best]
        if len(models) > 1:
            yield method, "0.5", reference / 2, interpolated(rates, found, reference / 2)
        if method == "dropout":
            half = DROPPED.index(0.5)
            yield "dropout p=.5", "", rates[half], found[half]


def report(name, rows):
    table = pd.DataFrame(
        [(*row[:3], *row[3]) for row in rows], columns=["method", "r", "rate", "rmse", "noise", "step"]
    )
    groups = table.groupby(["method", "r"], sort=False)
    mean, spread = groups.mean(), groups.std()
    print(f"\n{name}")
    print(f"{'method':14}{'r':>5}{'rate':>8}{'rmse':>9}{'sd':>8}{'noise':>9}{'step':>9}{'n':>4}")
    for (method, r), row in mean.iterrows():
        n = groups["rmse"].count()[method, r]
        sd = spread.loc[(method, r), "rmse"]
        print(
            f"{method:14}{r:>5}{row.rate:8.2f}{row.rmse:9.4f}{sd:8.4f}{row.noise:9.4f}{row.step:9.4f}{n:4d}", flush=True
        )


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--housing", help="cal_housing.data")
    parser.add_argument("--bike", help="hour.csv")
    parser.add_argument("--methods", nargs="+", default=[*METHODS, "dropout"], choices=[*METHODS, "dropout"])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=40)
    parser.add_argument("--rows", type=int, default=None, help="rows of each set, drawn by the seed; all by default")
    args = parser.parse_args()
    warnings.simplefilter("ignore", SkibWarning)
    warnings.simplefilter("ignore", ConvergenceWarning)
    sets = {}
    if args.housing:
        sets["california housing"] = california(args.housing)
    if args.bike:
        sets["bike sharing"] = bike(args.bike)
    sets["diabetes"] = load_diabetes(return_X_y=True)
    for name, (x, y) in sets.items():
        report(name, [row for seed in range(args.seeds) for row in one_seed(x, y, args, seed)])


if __name__ == "__main__":
    main()
