"""Dump the layers of a Keras model by a callback, and measure them.

Tried with keras 3.15.1 on the backends of jax 0.10.2 and torch 2.14.1.

Run ``KERAS_BACKEND=jax python examples/recipes/keras_callback.py FOLDER``: half a minute on a CPU, no downloads.
"""

import sys

import keras
import numpy as np
from save_epoch import draw_plane, save_epoch
from sklearn.datasets import load_digits

from skib.dumps import open_dump


class DumpActivations(keras.callbacks.Callback):
    def __init__(self, folder, x, y, ids, layers, epochs):
        super().__init__()
        self.folder, self.x, self.y, self.ids, self.layers, self.epochs = folder, x, y, ids, layers, epochs

    def on_train_begin(self, logs=None):
        self.on_epoch_end(-1)  # epoch 0: before training

    def on_epoch_end(self, epoch, logs=None):
        if epoch + 1 in self.epochs:
            outputs = {name: self.model.get_layer(name).output for name in self.layers}
            probe = keras.Model(self.model.inputs, outputs)
            save_epoch(self.folder, epoch + 1, probe.predict(self.x, verbose=0), self.y, self.ids)


if __name__ == "__main__":
    folder = sys.argv[1]
    keras.utils.set_random_seed(0)
    images, labels = load_digits(return_X_y=True)
    images, held_out = (images / 16).reshape(-1, 8, 8, 1).astype("float32"), np.arange(797, 1797)
    model = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            keras.layers.Conv2D(8, 3, activation="relu", name="conv1"),
            keras.layers.Flatten(),
            keras.layers.Dense(16, activation="relu", name="fc"),
            keras.layers.Dense(10, name="logits"),
        ]
    )
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    layers, epochs = ["conv1", "fc", "logits"], {0, 1, 2, 4, 8, 16, 32}
    dump = DumpActivations(folder, images[held_out], labels[held_out], held_out, layers, epochs)
    model.fit(images[:797], labels[:797], epochs=max(epochs), batch_size=32, verbose=0, callbacks=[dump])
    draw_plane(open_dump(folder, reduce="flatten"), f"{folder}/plane.png")
