"""Samplers of known mutual information, and training runs of small networks."""

from skib.datasets._benchmark import benchmark_tasks, make_benchmark_task
from skib.datasets._concentric import make_concentric_pair
from skib.datasets._discrete import make_discrete_pair
from skib.datasets._gaussian import make_gaussian_pair, make_uniform_pair
from skib.datasets._images_blobs import make_blob_images, make_noisy_blob_images
from skib.datasets._images_rectangles import make_rectangle_images
from skib.datasets._log_gamma import make_log_gamma_pair
from skib.datasets._mixture import make_bimodal_pair, make_gaussian_classes
from skib.datasets._multinormal import make_multinormal_pair
from skib.datasets._parity import make_parity
from skib.datasets._quantized import make_quantized_pair
from skib.datasets._relu import make_relu_pair
from skib.datasets._student import make_student_pair
from skib.datasets._suppressor import make_suppressor
from skib.datasets._szt import make_szt_task
from skib.datasets._training_run import dump_training_run
from skib.datasets._transforms import make_product_pair, transformed_pair
from skib.datasets._uniform_noise import make_additive_noise_pair, make_smoothed_uniform_pair

__all__ = [
    "benchmark_tasks",
    "dump_training_run",
    "make_additive_noise_pair",
    "make_benchmark_task",
    "make_bimodal_pair",
    "make_blob_images",
    "make_concentric_pair",
    "make_discrete_pair",
    "make_gaussian_classes",
    "make_gaussian_pair",
    "make_log_gamma_pair",
    "make_multinormal_pair",
    "make_noisy_blob_images",
    "make_parity",
    "make_product_pair",
    "make_quantized_pair",
    "make_rectangle_images",
    "make_relu_pair",
    "make_smoothed_uniform_pair",
    "make_student_pair",
    "make_suppressor",
    "make_szt_task",
    "make_uniform_pair",
    "transformed_pair",
]
