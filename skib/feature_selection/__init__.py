"""Selection of columns by the information that they hold about a target."""
