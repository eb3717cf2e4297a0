"""What the samplers of images share: the checks of their arguments."""

from skib.datasets._checks import check_count, check_real

# The smallest side on which blobs and rectangles still differ in shape and place.
MIN_SIZE = 8


def check_images(n_samples, mutual_info, size):
    """Return the number of pairs, their information and the side of the images."""
    return (
        check_count(n_samples, "n_samples"),
        check_real(mutual_info, "mutual_info", min_val=0, max_val=30),
        check_count(size, "size", low=MIN_SIZE),
    )
