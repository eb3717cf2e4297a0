"""The information bottleneck along beta: skib, embo and dit on the same joint distributions, in one run, on one thread.

    pip install embo==1.1.0 dit==2.3
    python examples/benchmarks/bench_bottleneck.py [--rounds 3] [--without-embo] [--without-dit]

Four tables:

1. 100 x 10, 30 betas: CPU seconds of the whole curve, and how far the Lagrangian of embo, at its own and at a tight
   tolerance, lies above skib's (smallest, mean and largest of all betas). embo's beta is divided by log 2.
2. 4096 x 2, at most 16 clusters, 30 betas: CPU seconds, also as a multiple of one product of a 4096 x 16 and a 16 x 2
   matrix with the logarithms of both, and the largest certified loss of information, gap / beta, in bits.
3. 5 x 3: the Lagrangian of dit's optimizer less skib's, and CPU seconds of one beta.
4. 3 x 2 given Z of 2: the same for dit's conditional bottleneck, which has an encoder q(t|x,z) and the rate I(X;T|Z).
   It is one bottleneck for each z, and skib's value is the mean of these.

CPU seconds include child processes, which embo starts.
"""

import argparse
import os
import platform
import resource

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[name] = "1"

import numpy as np

import skib
from skib.bottleneck import InformationBottleneck, InformationCurve

LOG2 = np.log(2)


def cpu_seconds():
    """CPU time of this process and of its ended children."""
    usage = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in usage)


def timed(function):
    """CPU seconds and result of one call."""
    start = cpu_seconds()
    result = function()
    return cpu_seconds() - start, result


def random_joint(n_x, n_y, seed=0):
    """p(y|x) and p(x)."""
    rng = np.random.default_rng(seed)
    return rng.dirichlet(np.full(n_y, 0.5), n_x), rng.dirichlet(np.full(n_x, 2.0))


def by_embo(rows, weights, betas, **options):
    """Rates and relevances of embo in nats, at betas of skib."""
    import embo

    grid = {"minbeta": betas[0] * LOG2, "maxbeta": betas[-1] * LOG2, "numbeta": len(betas)}
    table = weights[:, None] * rows
    peer = embo.InformationBottleneck(pxy=table, ensure_monotonic_bound=False, **grid, **options)
    rates, relevances, _, peer_betas = peer.get_bottleneck()
    np.testing.assert_allclose(np.divide(peer_betas, LOG2), betas)
    return np.multiply(rates, LOG2), np.multiply(relevances, LOG2)


def compare_embo(rounds, with_embo):
    """Table 1."""
    rows, weights = random_joint(100, 10)
    betas = np.linspace(1.2, 30, 30)  # embo's grid is linear
    ours = [timed(lambda: InformationCurve(betas).fit(rows, sample_weight=weights)) for _ in range(rounds)]
    seconds, curve = min(one[0] for one in ours), ours[-1][1]
    print(
        f"\n1. 100 x 10, {len(betas)} betas\n{'':22s}CPU s   ratio  Lagrangian above skib's: least, mean, most [nats]"
    )
    print(f"{'skib':20s}{seconds:7.2f}   largest gap {curve.gaps_.max():.1e} nats")
    tight = {"rtol": 1e-8, "iterations": 5000}
    for name, options in ({"embo": {}, "embo, tight": tight} if with_embo else {}).items():
        spent, (rates, relevances) = timed(lambda options=options: by_embo(rows, weights, betas, **options))
        excess = rates - betas * relevances - curve.objectives_
        print(
            f"{name:20s}{spent:7.2f} {spent / seconds:7.1f}  {excess.min():.1e} {excess.mean():.1e} {excess.max():.1e}"
        )


def certify(rounds):
    """Table 2."""
    rng = np.random.default_rng(0)
    left, right = rng.random((4096, 16)), rng.random((16, 2))
    unit = min(timed(lambda: [np.log(left) @ np.log(right) for _ in range(100)])[0] / 100 for _ in range(rounds))
    print("\n2. 4096 x 2, at most 16 clusters, 30 betas from 1.2")
    print(f"p(y|x)            last beta   CPU s   products  certified loss [bits], clusters (unit {unit:.1e} s)")
    draws = {"uniform": rng.random(4096), "beta(2, 2)": rng.beta(2, 2, 4096), "logit normal": None}
    draws["logit normal"] = 1 / (1 + np.exp(-3 * rng.normal(size=4096)))
    for name, p in draws.items():
        for last in (20, 60):
            curve = InformationCurve(np.geomspace(1.2, last, 30), n_clusters=16)
            spent = [timed(lambda curve=curve, p=p: curve.fit(np.stack([1 - p, p], axis=1)))[0] for _ in range(rounds)]
            loss = (curve.gaps_ / curve.betas_).max() / LOG2
            seconds, k = min(spent), curve.n_clusters_.max()
            print(f"{name:18s}{last:9d} {seconds:7.2f} {seconds / unit:9.0f}  {loss:.1e}, {k}")


def by_dit(table, beta, conditional):
    """Least Lagrangian of several runs of dit's optimizer, in nats."""
    import dit

    outcomes = list(np.ndindex(table.shape))
    distribution = dit.Distribution(["".join(map(str, cell)) for cell in outcomes], table.ravel())
    from dit.rate_distortion.information_bottleneck import InformationBottleneck as Peer

    values = []
    for _ in range(3):
        peer = Peer(distribution, beta, rvs=[[0], [1]], crvs=[2] if conditional else None)
        peer.optimize()
        joint = peer.construct_joint(peer._optima)
        values.append(float(peer.complexity(joint) - beta * peer.relevance(joint)) * LOG2)
    return min(values)


def compare_dit():
    """Tables 3 and 4."""
    print("\n3., 4. dit's Lagrangian less skib's [nats], and CPU s of one beta (three runs of dit)")
    for seed in range(2):
        rows, weights = random_joint(5, 3, seed)
        for beta in (2.0, 5.0, 15.0):
            ours = InformationBottleneck(beta=beta).fit(rows, sample_weight=weights).objective_
            seconds, theirs = timed(lambda r=rows, w=weights, b=beta: by_dit((w[:, None] * r)[:, :, None], b, False))
            print(f"5 x 3, seed {seed}, beta {beta:4g}:  {theirs - ours:9.1e}  {seconds:6.1f} s")
    for seed in range(2):
        table = np.random.default_rng(seed).dirichlet(np.ones(12)).reshape(3, 2, 2)  # x, y, z
        for beta in (3.0, 10.0):
            shares = table.sum(axis=(0, 1))
            ours = sum(
                share * InformationBottleneck(beta=beta).fit(part, sample_weight=part.sum(axis=1)).objective_
                for share, part in zip(shares, np.moveaxis(table, 2, 0), strict=True)
            )
            seconds, theirs = timed(lambda t=table, b=beta: by_dit(t, b, True))
            print(f"3 x 2 given 2, seed {seed}, beta {beta:4g}:  {theirs - ours:9.1e}  {seconds:6.1f} s")


def main():
    """Print all tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--without-embo", action="store_true")
    parser.add_argument("--without-dit", action="store_true")
    options = parser.parse_args()
    print(f"skib {skib.__version__}, numpy {np.__version__}, Python {platform.python_version()}, one thread")
    InformationCurve([2.0, 5.0]).fit(random_joint(6, 2)[0])  # compile
    compare_embo(options.rounds, not options.without_embo)
    certify(options.rounds)
    if not options.without_dit:
        compare_dit()


if __name__ == "__main__":
    main()
