# SPDX-License-Identifier: MIT
# Runs in the candidate's box: loads the program under test and calls it. Nothing in here knows what is expected.
import collections, os, resource, signal, sys, types


class OutOfTime(BaseException):
    pass


_HANDLE = "\0object"  # ("\0object", n) stands for an object that has to stay here
_objects = []
_module = types.ModuleType("solution")
_main = sys.modules["__main__"].__dict__


def _ring(*_):
    raise OutOfTime("out of CPU time")


def _timed(seconds, function, *args, **named):
    signal.signal(signal.SIGPROF, _ring)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        return function(*args, **named)
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def load(source, seconds, digits=0):
    """Runs the program's top level in a module of its own, whose name is not __main__."""
    sys.setrecursionlimit(50000)
    if digits:
        sys.set_int_max_str_digits(digits)
    sys.modules["solution"] = _module
    _module.__dict__["__builtins__"] = __builtins__
    _timed(seconds, exec, compile(source.lstrip("\ufeff"), "solution.py", "exec", dont_inherit=True), _module.__dict__)


def names():
    """What the program defines."""
    return [name for name in list(_module.__dict__) if type(name) is str and not name.startswith("__")]


def call(target, args, named, seconds):
    """[value], or ["\0object", n] for a new instance of a class of the program."""
    name, *attributes = target.split(".")
    value = _objects[int(name[1:])] if name.startswith("#") else _module.__dict__[name]
    for attribute in attributes:
        value = getattr(value() if isinstance(value, type) else value, attribute)
    args, named = _without_handles(args), _without_handles(named)
    result = _timed(seconds, value, *args, **named)
    if isinstance(value, type) and _module.__dict__.get(value.__name__) is value:
        _objects.append(result)
        return [_HANDLE, len(_objects) - 1]
    return [_plain(result)]


def evaluate(expression, seconds):
    """[the value of an expression over what the program defines]."""
    code = compile(expression.strip(), "answer.py", "eval", dont_inherit=True)
    return [_plain(_timed(seconds, eval, code, _module.__dict__))]


def cpu_seconds():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _without_handles(value):
    kind = type(value)
    if kind is tuple and len(value) == 2 and value[0] == _HANDLE:
        return _objects[value[1]]
    if kind in (list, tuple, set, frozenset):
        return kind([_without_handles(item) for item in value])
    if kind is dict:
        return {key: _without_handles(item) for key, item in value.items()}
    return value


_DICTS = (collections.OrderedDict, collections.Counter, collections.defaultdict)


def _plain(value):
    """The standard library's own variants of dict and tuple as what they equal."""
    kind = type(value)
    if kind in _DICTS:
        value, kind = dict(value), dict
    elif issubclass(kind, tuple) and hasattr(kind, "_fields"):
        value, kind = tuple(value), tuple
    if kind in (list, tuple):
        return kind([_plain(item) for item in value])
    if kind is dict:
        return {key: _plain(item) for key, item in value.items()}
    return value
