"""The names that may stand in the pickle of a .pt file, each with what the reader puts in its place.

`torch.load(weights_only=True)` and NumPy's pickles have the same names. None of them is imported or called: the makers
here return dicts, tuples, bytes and descriptions of arrays, and what holds no layer is `Other`.
"""

import math
import re
from typing import Any, NamedTuple

import numpy as np

from skib.dumps.formats._raw import are_sizes

_BUILTINS = ("__builtin__", "builtins")
_MULTIARRAY = ("numpy.core.multiarray", "numpy._core.multiarray")
# Bytes of one number of the types that torch stores without a type of the storage.
UNTYPED = {"uint16": 2, "uint32": 4, "uint64": 8, "float8_e4m3fn": 1, "float8_e5m2": 1}
_TORCH_TYPES = {"bool", "bfloat16", "half", "float", "double", "complex64", "complex128", *UNTYPED}
_TORCH_TYPES |= {"uint8", "int8", "int16", "int32", "int64", "float16", "float32", "float64"}
_TORCH_TYPES |= {"float8_e4m3fnuz", "float8_e5m2fnuz", "float8_e8m0fnu"}
_NUMPY_TYPE = re.compile(r"[biuf][1248]|[US]\d{1,5}", re.ASCII)


class Other:
    """A value that is no layer: a device, a type, a set."""


class Storage(NamedTuple):
    """The numbers behind one or more tensors: their torch type, the member's key and how many they are."""

    type: str
    key: str
    size: int


class Tensor(NamedTuple):
    """A strided view of a storage, as written in the pickle and not yet checked."""

    storage: Storage
    offset: Any
    shape: Any
    strides: Any


class Sparse(NamedTuple):
    """A matrix of which the entries other than zero are stored: rows and columns, or the ends of the rows."""

    layout: str
    indices: tuple[Tensor, ...]
    values: Tensor
    shape: Any


class NumpyType:
    """The type of an array of NumPy; its byte order comes after it, as its state."""

    def __init__(self, name):
        if not (isinstance(name, str) and _NUMPY_TYPE.fullmatch(name)):
            # Only text is spelled out: tuples of tuples of tuples might take for ever.
            spelled = f"of type {name[:20]!r}" if isinstance(name, str) else "without a type"
            raise ValueError(f"an array {spelled} is refused; save real numbers")
        self.dtype = np.dtype(name)

    def build(self, state):
        """Take the byte order."""
        if not (type(state) is tuple and len(state) >= 2 and state[1] in ("<", ">", "|", "=")):
            raise ValueError("the state of a type of NumPy is damaged")
        self.dtype = self.dtype.newbyteorder(state[1])


class NumpyArray:
    """An array of NumPy, whose values come after it, as its state."""

    array = None

    def build(self, state):
        """Take the values, if they are as many as the shape and the type say."""
        match state:
            case (1, tuple(shape), NumpyType() as kind, bool(fortran), bytes(raw)) if are_sizes(shape):
                if math.prod(shape) * kind.dtype.itemsize != len(raw):
                    raise ValueError(f"shape {shape} of {kind.dtype} does not take {len(raw)} bytes")
                array = np.frombuffer(raw, kind.dtype) if raw else np.empty(0, kind.dtype)
                self.array = array.reshape(shape, order="F" if fortran else "C")
            case _:
                raise ValueError("the state of an array of NumPy is damaged, or it holds objects")


def is_valid(name):
    """Whether a name, module and attribute, may occur; it is compared and never looked up."""
    module, _, attribute = name.partition(" ")
    if module in ("torch", "torch.storage") and attribute.endswith("Storage"):
        return attribute.removesuffix("Storage").isalnum()
    return name in _CALLS or name in _CONSTANTS


def call(name, arguments):
    """Return what stands for the call of a name; None if it is no valid one."""
    return _CALLS[name](*arguments) if name in _CALLS else None


def storage(name, key, size):
    """Return the storage of a persistent id."""
    return Storage(name.rpartition(" ")[2].removesuffix("Storage"), key, size)


def _ordered_dict(*arguments):
    return None if arguments else {}


def _default_dict(factory=None, *more):
    is_valid_factory = factory is None or (isinstance(factory, str) and factory in _FACTORIES)
    return {} if is_valid_factory and not more else None


def _other(*_):
    return Other()


def _size(numbers=()):
    return tuple(numbers) if type(numbers) in (tuple, list) else None


def _encode(text="", encoding="latin1"):
    return text.encode("latin1") if type(text) is str and encoding == "latin1" else None


def _tensor(numbers=None, offset=None, shape=None, strides=None, *_):
    return Tensor(numbers, offset, shape, strides) if isinstance(numbers, Storage) else None


def _untyped_tensor(numbers=None, offset=None, shape=None, strides=None, _grad=None, _hooks=None, kind=None, *_):
    if not isinstance(numbers, Storage) or numbers.type != "Untyped" or not isinstance(kind, str):
        return None
    name = kind.removeprefix("torch ")
    if name not in UNTYPED:
        raise ValueError(
            f"a tensor of {name[:20]} is refused, required is one of {', '.join(UNTYPED)}, or an older type"
        )
    if numbers.size % UNTYPED[name]:
        raise ValueError(f"{numbers.size} bytes are no whole number of {name}")
    return Tensor(Storage(name, numbers.key, numbers.size // UNTYPED[name]), offset, shape, strides)


def _parameter(data=None, *_):
    return data if isinstance(data, Tensor) else None


def _layout(name="", *_):
    return f"layout {name.removeprefix('torch.')}" if type(name) is str else None


def _sparse(layout=None, parts=(), *_):
    match layout, parts:
        case "layout sparse_coo", (Tensor() as indices, Tensor() as values, shape, *_):
            return Sparse("coo", (indices,), values, shape)
        case "layout sparse_csr", (Tensor() as ends, Tensor() as columns, Tensor() as values, shape, *_):
            return Sparse("csr", (ends, columns), values, shape)
        case str(), _:
            raise ValueError(f"a tensor of {layout[:40]} is refused; save tensor.to_dense()")
    return None


def _array(*_):
    return NumpyArray()


def _numpy_type(name=None, *_):
    return NumpyType(name)


_CALLS = {
    "collections OrderedDict": _ordered_dict,
    "collections defaultdict": _default_dict,
    "collections Counter": _other,
    "torch Size": _size,
    "torch device": _other,
    "torch.serialization _get_layout": _layout,
    "torch._utils _rebuild_tensor_v2": _tensor,
    "torch._utils _rebuild_tensor_v3": _untyped_tensor,
    "torch._utils _rebuild_parameter": _parameter,
    "torch._utils _rebuild_parameter_with_state": _parameter,
    "torch._utils _rebuild_sparse_tensor": _sparse,
    "_codecs encode": _encode,
    "numpy dtype": _numpy_type,
    **{f"{module} {name}": _other for module in _BUILTINS for name in ("set", "frozenset")},
    **{f"{module} bytes": _encode for module in _BUILTINS},
    **{f"{module} _reconstruct": _array for module in _MULTIARRAY},
    **{f"{module} scalar": _other for module in _MULTIARRAY},
}
_FACTORIES = {
    f"{module} {name}" for module in _BUILTINS for name in ("list", "dict", "set", "int", "float", "tuple", "str")
}
_FACTORIES |= {"collections OrderedDict", "collections Counter"}
_CONSTANTS = _FACTORIES | {f"torch {name}" for name in _TORCH_TYPES} | {"numpy ndarray"}
