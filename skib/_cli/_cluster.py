"""``--dask``: work on a cluster."""

from contextlib import contextmanager


@contextmanager
def workers(address):
    """Run tasks on the user's Dask cluster, if there is an address."""
    if address is None:
        yield
        return
    try:
        from distributed import Client
    except ImportError:
        raise ImportError("--dask needs Dask, which is not installed: pip install distributed") from None
    from joblib import parallel_config

    with Client(address), parallel_config(backend="dask"):
        yield
