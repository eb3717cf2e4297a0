"""Sphinx configuration: the guide, the gallery, and numpydoc pages of the public names."""

import re

import skib

project = "skib"
author = "skib developers"
copyright = "skib developers"
release = skib.__version__
version = re.match(r"\d+\.\d+", release).group()

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.mathjax",
    "myst_parser",
    "numpydoc",
    "sphinx_gallery.gen_gallery",
]
templates_path = ["_templates"]
exclude_patterns = ["_build", "_templates"]

# Every reference to a name of skib must resolve. Those to other projects stay plain text: links to them would need
# inventories from the network, and the build with -W works without one.
nitpicky = True
nitpick_ignore_regex = [(r"py:.*", r"(?!skib).*")]

autosummary_generate = True
# The docstrings have the types, with shapes and units.
autodoc_typehints = "none"
autodoc_default_options = {"members": True, "inherited-members": True}
numpydoc_show_class_members = False

sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "auto_examples",
    "filename_pattern": r"plot_",
    "ignore_pattern": r"__init__|benchmarks",
    "reference_url": {"skib": None},
    "doc_module": ("skib",),
    "backreferences_dir": None,
    "remove_config_comments": True,
}

html_theme = "pydata_sphinx_theme"
html_title = "skib"
html_theme_options = {"show_prev_next": False, "secondary_sidebar_items": ["page-toc"]}


def skip_foreign_members(app, what, name, member, skip, options):
    """Leave what scikit-learn and Python add to a class (get_params, with_traceback) to their documentation."""
    module = getattr(member, "__module__", None) or "skib"
    return skip or not module.startswith("skib")


def setup(app):
    """Connect the hook above."""
    app.connect("autodoc-skip-member", skip_foreign_members)
