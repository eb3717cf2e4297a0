"""Families of samples of known information, by kind.

    from families import FAMILIES
    X, y, truth = FAMILIES["clayton 3+3"](5000, seed=0)

X is an array or a frame, y one column or several; the same seed draws the same sample. The truth is computed at its
first use, by a closed form, quadrature or a million draws, and kept; ``Family.check`` computes many in a second way:

    python examples/benchmarks/families.py --kinds pairs                # truths, and the checks beside
"""

import argparse

from families_classes import CLASSES, WIDE
from families_columns import COLUMNS
from families_mixtures import MIXTURES
from families_nulls import NULLS
from families_pairs import PAIRS
from families_tables import MIXED, ROUNDED, TABLES

FAMILIES = {f.name: f for f in (*PAIRS, *COLUMNS, *MIXTURES, *CLASSES, *WIDE, *ROUNDED, *MIXED, *TABLES, *NULLS)}
KINDS = list(dict.fromkeys(family.kind for family in FAMILIES.values()))


def of_kinds(kinds):
    """The families of some kinds, or all."""
    return {name: family for name, family in FAMILIES.items() if not kinds or family.kind in kinds}


def main():
    """Print the truths and their checks."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kinds", nargs="*", choices=KINDS)
    for name, family in of_kinds(parser.parse_args().kinds).items():
        check = "" if family.check is None else f"{family.check():8.4f}"
        print(f"{family.kind:8s} {name:45s} {family.truth:8.4f} {check}", flush=True)


if __name__ == "__main__":
    main()
