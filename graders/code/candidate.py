# SPDX-License-Identifier: MIT
# Runs in the candidate's box: loads the program under test and calls it. Nothing in here knows what is expected.
import _signal, ast, collections, marshal, os, resource, sys, types


OutOfTime = type("out of time", (BaseException,), {})  # a name that no program gives to its own
_DIGEST = "\0digest"  # ("\0digest", hex, size) stands for a value that is too large to hand over
_LARGE = 30 << 20     # as marshal writes it; the channel takes 64 MiB, in a form at most twice as long
_HANDLE = "\0object"  # ("\0object", n) stands for an object that has to stay here, ("\0object", name) for what is called so
_PLAIN = (type(None), bool, int, float, complex, str, bytes, list, tuple, set, frozenset, dict)
_objects = []
_module = types.ModuleType("solution")
_main = sys.modules["__main__"].__dict__


def _ring(*_):
    raise OutOfTime("out of CPU time")


def _timed(seconds, function, *args, **named):
    _signal.signal(_signal.SIGPROF, _ring)  # signal's own wrapper makes and drops two exceptions
    _signal.setitimer(_signal.ITIMER_PROF, seconds)
    try:
        return function(*args, **named)
    finally:
        _signal.setitimer(_signal.ITIMER_PROF, 0)


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


def _named(name):
    return _objects[int(name[1:])] if name.startswith("#") else _module.__dict__[name]


def _kept(value):
    """["\0object", n] for what has to stay here."""
    _objects.append(value)
    return [_HANDLE, len(_objects) - 1]


def call(target, args, named, seconds):
    """[value], or ["\0object", n] for a new instance of a class of the program. Target: NAME, #N, CLASS.METHOD of a new
    instance; "#N.NAME?" reads an attribute and "#N.NAME=" sets it."""
    name, *attributes = target.rstrip("?=").split(".")
    args, named = _without_handles(args), _without_handles(named)
    value = _named(name)
    if target.endswith("="):
        return [_timed(seconds, setattr, value, attributes[0], args[0])]
    if target.endswith("?"):
        value = _timed(seconds, getattr, value, attributes[0])
        return [value] if type(value) in _PLAIN else _kept(value)
    for attribute in attributes:
        value = getattr(value() if isinstance(value, type) else value, attribute)
    result = _timed(seconds, value, *args, **named)
    if isinstance(value, type) and _module.__dict__.get(value.__name__) is value:
        return _kept(result)
    return _digest(result) or [_plain(result)]


def evaluate(expression, seconds):
    """[the value of an expression]."""
    code = compile(expression.strip(), "answer.py", "eval", dont_inherit=True)
    return [_plain(_timed(seconds, eval, code, _module.__dict__))]


def arguments(text, function, seconds):
    """[[arguments], {named ones}] of a text that is a call of the function, or what stands between its parentheses."""
    tree = None
    for form in (text.strip(), function + "(" + text.strip() + "\n)"):
        try:
            tree = ast.parse(form, mode="eval").body
        except SyntaxError:
            continue
        if type(tree) is ast.Call and type(tree.func) is ast.Name and tree.func.id == function:
            break
    else:
        raise SyntaxError("these are no arguments of a call")
    tree.func = ast.Lambda(ast.parse("lambda *a, **n: [list(a), n]", mode="eval").body.args,
                           ast.parse("[list(a), n]", mode="eval").body)
    code = compile(ast.fix_missing_locations(ast.Expression(tree)), "answer.py", "eval", dont_inherit=True)
    return [_plain(_timed(seconds, eval, code, _module.__dict__))]


def cpu_seconds():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _without_handles(value):
    kind = type(value)
    if kind is tuple and len(value) == 2 and value[0] == _HANDLE:
        return _objects[value[1]] if type(value[1]) is int else _named(value[1])
    if kind in (list, tuple, set, frozenset):
        return kind([_without_handles(item) for item in value])
    if kind is dict:
        return {key: _without_handles(item) for key, item in value.items()}
    return value


def _digest(value):
    """["\0digest", hex, size] of a large plain value: the same for values of the same types in the same order. None for
    any other value."""
    try:
        data = marshal.dumps(value, 2)
    except (ValueError, MemoryError):
        return None
    if len(data) <= _LARGE:
        return None
    import hashlib  # with OpenSSL: not in every box
    return [_DIGEST, hashlib.sha256(data).hexdigest(), len(data)]


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
