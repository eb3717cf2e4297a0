"""Images of known mutual information: the estimate after compression, and the coverage of intervals.

python examples/benchmarks/images.py [--seeds 20] [--studies blobs-pca8 ...] [--truths 0 1 3 5 7] [--jobs 2]

For each study and truth: mean and standard deviation of the estimate over the seeds, the mean error, the mean p-value
of a permutation test (19 permutations) where the truth is 0, and how often the 95 % confidence interval holds the
truth. Intervals and permutations keep the compressors that were fitted to all rows, and take --intervals seeds only.
"""

import argparse
import time
import warnings

import numpy as np
from joblib import Parallel, delayed
from sklearn.base import clone
from sklearn.decomposition import PCA
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import QuantileTransformer

from skib.datasets import make_blob_images, make_noisy_blob_images, make_rectangle_images
from skib.entropy import WeightedKozachenkoLeonenko
from skib.mutual_info import KSG, Auto, ChainRule, Compressed, confidence_interval, permutation_test
from skib.preprocessing import Autoencoder


def pixels(pair):
    """The images."""
    return pair.X, pair.y


def latents(pair):
    """The coordinates that the images were drawn from."""
    return pair.latent_x, pair.latent_y


def both(compressor, estimator=None):
    """The same compressor for X and y."""
    return Compressed(compressor, clone(compressor), estimator)


def autoencoder(n_components):
    """Trained on principal components, which is faster than on pixels."""
    return make_pipeline(PCA(64), Autoencoder(n_components, random_state=0))


ENTROPIES = ChainRule(WeightedKozachenkoLeonenko())
NORMAL_SCORES = QuantileTransformer(n_quantiles=5000, output_distribution="normal")

STUDIES = {
    "blobs-latent": (make_blob_images, latents, KSG(1, variant=2)),
    "blobs-pca2": (make_blob_images, pixels, both(PCA(2))),
    "blobs-pca2-entropies": (make_blob_images, pixels, both(PCA(2), ENTROPIES)),
    "blobs-pca8": (make_blob_images, pixels, both(PCA(8))),
    "blobs-pca8-ksg5": (make_blob_images, pixels, both(PCA(8), KSG())),
    "blobs-autoencoder2": (make_blob_images, pixels, both(autoencoder(2), Auto())),
    "noisy-pca16": (make_noisy_blob_images, pixels, both(PCA(16))),
    "rectangles-latent-ksg": (make_rectangle_images, latents, KSG(1, variant=2)),
    "rectangles-latent-entropies": (make_rectangle_images, latents, both(NORMAL_SCORES, ENTROPIES)),
    "rectangles-pca4": (make_rectangle_images, pixels, both(PCA(4))),
    "rectangles-pca4-entropies": (make_rectangle_images, pixels, both(PCA(4), ENTROPIES)),
    "rectangles-pca16": (make_rectangle_images, pixels, both(PCA(16))),
    "rectangles-autoencoder4": (make_rectangle_images, pixels, both(autoencoder(4), Auto())),
    "rectangles-autoencoder4-ksg": (make_rectangle_images, pixels, both(autoencoder(4))),
    "rectangles-autoencoder4-entropies": (make_rectangle_images, pixels, both(autoencoder(4), ENTROPIES)),
}


def frozen(estimator):
    """The estimator with its fitted compressors frozen."""
    if not isinstance(estimator, Compressed):
        return estimator
    parts = {side: getattr(estimator, f"{side}_") for side in ("x_compressor", "y_compressor")}
    return clone(estimator).set_params(**{side: FrozenEstimator(part) for side, part in parts.items()})


def trial(study, truth, options, seed):
    """(Estimate, p-value, whether the interval contains the truth, seconds of the fit)."""
    sample, view, estimator = STUDIES[study]
    x, y = view(sample(options.rows, mutual_info=truth, size=options.size, random_state=seed))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        start = time.perf_counter()
        fitted = clone(estimator).fit(x, y)
        seconds = time.perf_counter() - start
        pvalue = held = np.nan
        if seed < options.intervals:
            once = frozen(fitted)
            interval = confidence_interval(once, x, y, n_subsamples=10, random_state=seed)
            held = interval.low <= truth <= interval.high
            if not truth:
                pvalue = permutation_test(once, x, y, n_permutations=19, random_state=seed).pvalue
    return fitted.mutual_info_, pvalue, held, seconds


def main():
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--intervals", type=int, default=20)
    parser.add_argument("--rows", type=int, default=5000)
    parser.add_argument("--size", type=int, default=16)
    parser.add_argument("--studies", nargs="+", choices=STUDIES, default=list(STUDIES))
    parser.add_argument("--truths", nargs="+", type=float, default=[0.0, 1.0, 3.0, 5.0, 7.0])
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    print(f"{'study':35s}{'truth':>6s}{'mean':>7s}{'sd':>6s}{'error':>7s}{'p':>6s}{'coverage':>10s}{'seconds':>9s}")
    parallel = Parallel(n_jobs=options.jobs)
    for study in options.studies:
        for truth in options.truths:
            found = parallel(delayed(trial)(study, truth, options, seed) for seed in range(options.seeds))
            values, pvalue, held, seconds = np.array(found, float).T
            row = f"{study:35s}{truth:6.1f}{values.mean():7.2f}{values.std():6.2f}{values.mean() - truth:7.2f}"
            if options.intervals:
                null = f"{np.nanmean(pvalue):6.2f}" if not truth else " " * 6
                row += f"{null}{np.nanmean(held):10.0%}"
            print(f"{row}{np.mean(seconds):9.1f}", flush=True)


if __name__ == "__main__":
    main()
