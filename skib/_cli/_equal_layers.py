"""A word on layers that are equal bit for bit."""

from skib._cli._console import notify


def tell_of_equal_layers(dump):
    """Print a line for every group of layers that are equal at all epochs."""
    for layers in dump.equal_layers():
        notify(
            "equal layers",
            f"{' and '.join(layers)} are equal bit for bit at all epochs: unless nothing between them changes "
            "values, an operation in place wrote into what a hook had saved; save a copy (output.detach().clone())",
        )
