"""A reader of the pickle inside a .pt file that cannot run anything.

`pickle.Unpickler` calls what a pickle names and allocates what it declares; forbidding names has a history of gaps.
Here the opcodes that torch writes are carried out on dicts, lists and numbers alone. A name is a string that is
compared with a few valid ones (`skib.dumps.formats._globals`), and no name is ever imported or called.
"""

import pickletools

from skib.dumps.formats._globals import NumpyArray, NumpyType, Other, call, is_valid, storage

MAX_PICKLE = 2**19  # bytes; about 5000 tensors
_MAX_STACK = 10_000  # picklers write containers in batches of 1000


class _Name(str):
    """A valid global: the module and the attribute."""


def read_pickle(data):
    """Return the dicts, lists, tuples, numbers, strings, bytes, None, `Tensor`, `Sparse`, `NumpyArray` and `Other`.

    Raises
    ------
    ValueError
        If the pickle has a name that is not valid, or an opcode that torch does not write.
    """
    if len(data) > MAX_PICKLE:
        raise ValueError(
            f"a pickle of {len(data)} bytes, above the limit of {MAX_PICKLE}; save a file per epoch, and "
            "tensors (torch.from_numpy) in the place of NumPy arrays, whose values are in the pickle"
        )
    machine = _Machine()
    for opcode, argument, _ in pickletools.genops(data):
        if opcode.name == "STOP":
            return machine.pop()
        machine.step(opcode.name, argument)
    raise ValueError("the pickle has no end")


class _Machine:
    """The stack, the marks in it and the memo of one reading."""

    def __init__(self):
        self.stack, self.marks, self.memo, self.n_bytes = [], [], {}, 0

    def step(self, name, argument):
        if name in _ARGUMENTS:
            self.push(argument)
        elif name in _NEW:
            self.push(_NEW[name]())
        elif name in _OPERATIONS:
            _OPERATIONS[name](self, argument)
        elif name not in ("PROTO", "FRAME"):
            raise ValueError(f"opcode {name} is refused: it has no place in a file of tensors and could run code")

    def push(self, value):
        if len(self.stack) >= _MAX_STACK:
            raise ValueError(f"more than {_MAX_STACK} values are on the stack; the file is damaged")
        self.stack.append(value)

    def pop(self):
        if len(self.stack) <= (self.marks[-1] if self.marks else 0):
            raise ValueError("the pickle pops a value from an empty stack; the file is damaged")
        return self.stack.pop()

    def top(self, kind):
        if not (self.stack and type(self.stack[-1]) is kind):
            raise ValueError(f"the pickle fills a {kind.__name__} that is not there; the file is damaged")
        return self.stack[-1]

    def mark(self, _):
        if len(self.marks) >= _MAX_STACK:
            raise ValueError(f"more than {_MAX_STACK} marks are on the stack; the file is damaged")
        self.marks.append(len(self.stack))

    def since_mark(self):
        if not self.marks:
            raise ValueError("the pickle has no mark; the file is damaged")
        start = self.marks.pop()
        values = self.stack[start:]
        del self.stack[start:]
        return values

    def tuple_of(self, size):
        return tuple(reversed([self.pop() for _ in range(size)]))

    def put(self, index):
        value = self.pop()
        self.memo[len(self.memo) if index is None else index] = value
        self.stack.append(value)

    def get(self, index):
        if index not in self.memo:
            raise ValueError("the pickle reads an empty place of the memo; the file is damaged")
        self.push(self.memo[index])

    def extend(self, values):
        self.top(list).extend(values)

    def set_items(self, items):
        mapping = self.top(dict)
        for key, value in zip(items[::2], items[1::2], strict=True):
            # Hashing anything else, such as a tuple of tuples of tuples, may take for ever.
            if type(key) not in (str, int):
                raise ValueError(f"keys must be strings or integers, got {type(key).__name__}")
            mapping[key] = value

    def add_items(self, _):
        self.since_mark()  # of a set, which is no layer
        self.top(Other)

    def name(self, text):
        if not is_valid(text):
            raise ValueError(f"it names {text[:100]!r}, which is refused: it could run code; save plain tensors alone")
        self.push(_Name(text))

    def storage(self, _):
        match self.pop():
            case ("storage", _Name() as name, str(key), str(), int(size)) if name.endswith("Storage"):
                self.push(storage(name, key, size))
            case _:
                raise ValueError("a persistent id that is no storage of torch; the file is damaged")

    def call(self, _):
        arguments, function = self.pop(), self.pop()
        result = call(function, arguments) if type(function) is _Name and type(arguments) is tuple else None
        if result is None:
            raise ValueError("it calls something other than a tensor or an ordered dict; save plain tensors alone")
        if type(result) is bytes:  # a text that is read from the memo may be encoded many times
            self.n_bytes += len(result)
            if self.n_bytes > MAX_PICKLE:
                raise ValueError(f"its values take more than {MAX_PICKLE} bytes; save tensors, or a file per epoch")
        self.push(result)

    def build(self, _):
        state = self.pop()
        if self.stack and isinstance(self.stack[-1], NumpyArray | NumpyType):
            self.stack[-1].build(state)
        else:
            self.top(dict)  # attributes of an ordered dict: the versions of a state dict's modules


_ARGUMENTS = {"BININT", "BININT1", "BININT2", "LONG1", "BINFLOAT", "BINUNICODE", "SHORT_BINUNICODE"}
_ARGUMENTS |= {"BINBYTES", "SHORT_BINBYTES"}
_NEW = {
    "NONE": lambda: None,
    "NEWTRUE": lambda: True,
    "NEWFALSE": lambda: False,
    "EMPTY_DICT": dict,
    "EMPTY_LIST": list,
    "EMPTY_TUPLE": tuple,
    "EMPTY_SET": Other,
}
_OPERATIONS = {
    "MARK": _Machine.mark,
    "TUPLE": lambda machine, _: machine.push(tuple(machine.since_mark())),
    "TUPLE1": lambda machine, _: machine.push(machine.tuple_of(1)),
    "TUPLE2": lambda machine, _: machine.push(machine.tuple_of(2)),
    "TUPLE3": lambda machine, _: machine.push(machine.tuple_of(3)),
    "BINPUT": _Machine.put,
    "LONG_BINPUT": _Machine.put,
    "MEMOIZE": _Machine.put,
    "BINGET": _Machine.get,
    "LONG_BINGET": _Machine.get,
    "APPEND": lambda machine, _: machine.extend([machine.pop()]),
    "APPENDS": lambda machine, _: machine.extend(machine.since_mark()),
    "ADDITEMS": _Machine.add_items,
    "SETITEM": lambda machine, _: machine.set_items(machine.tuple_of(2)),
    "SETITEMS": lambda machine, _: machine.set_items(machine.since_mark()),
    "GLOBAL": _Machine.name,
    "STACK_GLOBAL": lambda machine, _: machine.name(" ".join(machine.tuple_of(2))),
    "BINPERSID": _Machine.storage,
    "REDUCE": _Machine.call,
    "BUILD": _Machine.build,
}
