"""Optional packages, each needed by one format."""

from importlib import import_module


def import_extra(package, name):
    """Import a package; if it is missing, raise with the extra of skib that installs it."""
    try:
        return import_module(package)
    except ImportError as error:
        raise ImportError(f"this dump needs {package.partition('.')[0]}: pip install 'skib[{name}]'") from error
