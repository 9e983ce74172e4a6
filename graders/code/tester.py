# SPDX-License-Identifier: MIT
# Runs in the tester's box: executes tests whose names under test are proxies. Each call of a proxy is handed out, to be
# made in the candidate's box, and its answer waited for. start() and resume() return what the tests want next:
# ["call", target, args, named], or how they ended: ["passed"], ["failed", line, text], ["error", type, text, line].
import ast, builtins, linecache, queue, sys, threading, types

_HANDLE = "\0object"
_asks, _answers = queue.SimpleQueue(), queue.SimpleQueue()


class CandidateError(Exception):
    """What the program raised, where it is no built-in exception."""


class NotPlain(TypeError):
    """The program returned an object."""


def _ask(target, args, named):
    _asks.put(["call", target, _with_handles(list(args)), _with_handles(named)])
    status, *rest = _answers.get()
    if status == "value":
        return rest[0]
    if status == "object":
        return _Proxy("#%d" % rest[0])
    if status == "not_plain":
        raise NotPlain("the program returned a %s, which is no plain value" % rest[0])
    if status == "exception":
        kind = getattr(builtins, rest[0], None)
        known = isinstance(kind, type) and issubclass(kind, Exception) and kind is not AssertionError
        raise (kind if known else CandidateError)(rest[1] if known else ": ".join(rest))
    raise SystemExit  # the candidate is gone: so are its tests


class _Proxy:
    """A function, class or object of the program under test."""

    def __init__(self, target):
        self.__dict__["_target"] = target

    def __call__(self, *args, **named):
        return _ask(self._target, args, named)

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return _Proxy(self._target + "." + name)

    def __eq__(self, other):
        raise NotPlain("objects of the program cannot be compared")

    __ne__ = __lt__ = __le__ = __gt__ = __ge__ = __bool__ = __len__ = __iter__ = __contains__ = __eq__
    __hash__ = object.__hash__


def _with_handles(value):
    kind = type(value)
    if kind is _Proxy and value._target.startswith("#"):
        return (_HANDLE, int(value._target[1:]))
    if kind in (list, tuple, set, frozenset):
        return kind([_with_handles(item) for item in value])
    if kind is dict:
        return {key: _with_handles(item) for key, item in value.items()}
    return value


def _free_names(tree):
    """What the tests use and neither define nor find among the built-ins."""
    used, bound = [], set(dir(builtins))
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            used.append(node.id) if isinstance(node.ctx, ast.Load) else bound.add(node.id)
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            bound.add(node.name)
        elif isinstance(node, ast.arg):
            bound.add(node.arg)
        elif isinstance(node, ast.alias):
            bound.add((node.asname or node.name).split(".")[0])
    return [name for name in dict.fromkeys(used) if name not in bound]


def _scope(setup, tree, under_test):
    """The names of the reference, with those under test replaced: the ones named, or all that the tests use freely."""
    module = types.ModuleType("tests")
    sys.modules["tests"] = module
    scope = module.__dict__
    exec(compile(setup, "reference.py", "exec", dont_inherit=True), scope)
    for name in under_test or _free_names(tree):
        known = scope.get(name)
        if under_test or known is None or (callable(known) and getattr(known, "__module__", "") == "tests"):
            scope[name] = _Proxy(name)
    return scope


def _line_of(error, tests):
    trace, line = error.__traceback__, 0
    while trace:
        if trace.tb_frame.f_code.co_filename == "tests.py":
            line = trace.tb_lineno
        trace = trace.tb_next
    lines = tests.splitlines()
    return line, lines[line - 1].strip() if 0 < line <= len(lines) else ""


def _run(setup, tests, under_test):
    try:
        tree = ast.parse(tests, "tests.py")
        scope = _scope(setup, tree, under_test)
    except BaseException as error:
        return ["broken", type(error).__name__, str(error)[:1000]]
    try:
        exec(compile(tree, "tests.py", "exec", dont_inherit=True), scope)
        return ["passed", sum(isinstance(node, ast.Assert) for node in ast.walk(tree))]
    except AssertionError as error:
        return ["failed", *_line_of(error, tests)]
    except BaseException as error:
        return ["error", *_line_of(error, tests), type(error).__name__, str(error)[:1000]]


def start(setup, tests, under_test):
    sys.setrecursionlimit(10000)
    threading.stack_size(64 << 20)
    threading.Thread(target=lambda: _asks.put(_run(setup, tests, under_test)), daemon=True).start()
    return _asks.get()


def resume(answer):
    _answers.put(answer)
    return _asks.get()
