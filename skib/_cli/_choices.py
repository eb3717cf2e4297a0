"""What ``--compress``, ``--estimator`` and ``--input-estimator`` name: "pca:8" is PCA(8)."""

_FORMS = {
    "compressor": "pca:N, random:N, autoencoder:N",
    "estimator": "auto, ross:K, ksg:K, gaussian, noise:VARIANCE",
    "input_estimator": "bins:N, adaptive:N, width:W, noise:VARIANCE, adaptive-noise:VARIANCE, ksg:K",
}


def compressor(text):
    """A transformer."""
    from sklearn.decomposition import PCA
    from sklearn.random_projection import GaussianRandomProjection

    from skib.preprocessing import Autoencoder

    return _chosen(
        text,
        "compressor",
        {
            "pca": (int, 8, lambda n: PCA(n, random_state=0)),
            "random": (int, 8, lambda n: GaussianRandomProjection(n, random_state=0)),
            "autoencoder": (int, 4, lambda n: Autoencoder(n, random_state=0)),
        },
    )


def estimator(text):
    """An estimator of I(T;Y)."""
    from skib.mutual_info import KSG, Auto, GaussianCopula, Ross

    return _chosen(
        text,
        "estimator",
        {
            "auto": (None, None, Auto),
            "ross": (int, 5, Ross),
            "ksg": (int, 5, KSG),
            "gaussian": (None, None, GaussianCopula),
            "noise": (float, 1e-3, _noise()),
        },
    )


def input_estimator(text):
    """An estimator of I(X;T)."""
    from skib.mutual_info import KSG, Binned

    return _chosen(
        text,
        "input_estimator",
        {
            "bins": (int, 30, Binned),
            "adaptive": (int, 30, lambda n: Binned(n, strategy="adaptive")),
            "width": (float, 0.07, lambda w: Binned(bin_width=w)),
            "noise": (float, 1e-3, _noise()),
            "adaptive-noise": (float, 1e-3, _noise(adaptive=True)),
            "ksg": (int, 5, KSG),
        },
    )


def _noise(**options):
    from skib.entropy import KolchinskyTracey
    from skib.mutual_info import ChainRule

    return lambda variance: ChainRule(KolchinskyTracey(variance, **options))


def _chosen(text, kind, choices):
    """The choice that `text` names, made with the number after the colon or with the default one."""
    name, colon, number = text.partition(":")
    if name in choices:
        convert, default, make = choices[name]
        if convert is None and not colon:
            return make()
        try:
            return make(convert(number) if colon else default)
        except (TypeError, ValueError):
            pass
    raise ValueError(f"{text!r} is none of {_FORMS[kind]}")
