"""Sphinx configuration: numpydoc pages of the public names, the user guide and the gallery."""

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
    "sphinx.ext.intersphinx",
    "sphinx.ext.mathjax",
    "numpydoc",
    "sphinx_gallery.gen_gallery",
]
templates_path = ["_templates"]
exclude_patterns = ["_build"]

autosummary_generate = True
autodoc_default_options = {"members": True, "inherited-members": True}
numpydoc_class_members_toctree = False
numpydoc_show_class_members = False

intersphinx_mapping = {
    "python": ("https://docs.python.org/3", None),
    "numpy": ("https://numpy.org/doc/stable", None),
    "pandas": ("https://pandas.pydata.org/docs", None),
    "sklearn": ("https://scikit-learn.org/stable", None),
}

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
