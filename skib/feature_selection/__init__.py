"""Selectors of columns by the information that they have about a target."""
