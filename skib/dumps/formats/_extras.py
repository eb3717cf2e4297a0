"""Packages that one format needs and skib does not."""

from importlib import import_module


def extra(package, name):
    """Import a package, or say which extra of skib brings it."""
    try:
        return import_module(package)
    except ImportError as error:
        raise ImportError(f"this dump needs {package.partition('.')[0]}: pip install 'skib[{name}]'") from error
