# SPDX-License-Identifier: MIT
# Runs in the tester's box: executes tests whose names under test are proxies. Each call of a proxy is handed out, to be
# made in the candidate's box, and its answer waited for. start() says what the tests want next, ["call", target, args,
# named], which the next request answers; in the end ["ended", CPU seconds, left nothing, how], how being ["passed", asserts,
# held], ["failed", line, text, asserts, held, input, expected, got], ["error", ... as failed ..., type, text], ["broken",
# type, text].
import ast, builtins, functools, opcode, random, reprlib, sys, time, types

_HANDLE = "\0object"
_held = 0                      # asserts that held
_asked = {}                    # of the last call: its arguments and what came back
_compared = []                 # the sides of the last == that did not hold


class CandidateError(Exception):
    """What the program raised, where it is no built-in exception."""


class NotPlain(TypeError):
    """The program returned an object."""


class Unsendable(BaseException):
    """The tests want to hand the program something that has no plain form."""


def _ask(target, args, named):
    _asked.update(args=args, named=named, got=None)
    wanted = ["call", target, _with_handles(list(args)), _with_handles(named)]
    try:
        (status, *rest), = proctor_converse(wanted)  # of the zygote
    except (TypeError, OverflowError, RuntimeError, ValueError) as error:
        raise Unsendable(str(error))
    if status == "value":
        _asked["got"] = rest[0]
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
        if self._target.startswith("#"):
            return _ask(self._target + "." + name + "?", (), {})
        return _Proxy(self._target + "." + name)

    def __setattr__(self, name, value):
        _ask(self._target + "." + name + "=", (value,), {})

    def __eq__(self, other):
        raise NotPlain("objects of the program cannot be compared")

    __ne__ = __lt__ = __le__ = __gt__ = __ge__ = __bool__ = __len__ = __iter__ = __contains__ = __eq__
    __hash__ = object.__hash__


_PLAIN = (type(None), bool, int, float, complex, str, bytes)


def _with_handles(value):
    kind = type(value)
    if kind in _PLAIN:
        return value
    if kind is _Proxy:
        target = value._target
        return (_HANDLE, int(target[1:]) if target.startswith("#") else target)
    if kind in (list, tuple, set, frozenset):
        return kind([_with_handles(item) for item in value])
    if kind is dict:
        return {key: _with_handles(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset, dict, int, float, str)):  # a named tuple, a Counter, ...
        return _with_handles(next(base for base in kind.__mro__ if base in (list, tuple, set, frozenset, dict, int, float, str))(value))
    if isinstance(value, (range, type({}.keys()), type({}.values()), map, filter, zip)):
        return _with_handles(list(value))
    raise Unsendable("the tests hand the program a " + kind.__name__)


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


def _scope(reference, free, under_test):
    """The names of the reference, with those under test replaced: the ones named, or all that the tests use freely."""
    module = types.ModuleType("tests")
    sys.modules["tests"] = module
    scope = module.__dict__
    exec(reference, scope)
    for name in under_test or free:
        known = scope.get(name)
        if under_test or known is None or (callable(known) and getattr(known, "__module__", "") == "tests"):
            scope[name] = _Proxy(name)
    return scope


def _call_of(name, args, place):
    return ast.copy_location(ast.Call(ast.copy_location(ast.Name(name, ast.Load()), place), args, []), place)


def _watched(statements):
    """(The statements with their asserts counted when they hold, and both sides kept of an == that does not; how many)"""
    made, n_asserts = [], 0
    for node in statements:
        made.append(node)
        if isinstance(node, ast.Assert):
            n_asserts += 1
            test = node.test
            if isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.ops[0], ast.Eq):
                node.test = _call_of("_proctor_equal", [test.left, test.comparators[0]], node)
            made.append(ast.copy_location(ast.Expr(_call_of("_proctor_held", [], node)), node))
        for inner in (node, *getattr(node, "handlers", ()), *getattr(node, "cases", ())):
            for field in ("body", "orelse", "finalbody"):
                if nested := getattr(inner, field, None):
                    watched, more = _watched(nested)
                    setattr(inner, field, watched)
                    n_asserts += more
    return made, n_asserts


def _count():
    global _held
    _held += 1


def _equal(got, expected):
    result = got == expected
    if not result:
        _compared[:] = [got, expected]
    return result


_short = reprlib.Repr()
_short.maxlevel, _short.maxstring, _short.maxlong, _short.maxother = 5, 200, 60, 200
_short.maxlist = _short.maxtuple = _short.maxset = _short.maxfrozenset = _short.maxdict = 30


def _shown(value):
    try:
        return _short.repr(value)
    except Exception as error:
        return "(%s)" % type(error).__name__


def _case():
    """The last call's input, what was expected, what came."""
    named = ["%s=%s" % (key, _shown(value)) for key, value in _asked.get("named", {}).items()]
    given = ", ".join([*map(_shown, _asked.get("args", ())), *named])
    got, *expected = _compared or [_asked.get("got")]
    return [given, _shown(expected[0]) if expected else "", _shown(got)]


def _line_of(error, tests):
    trace, line = error.__traceback__, 0
    while trace:
        if trace.tb_frame.f_code.co_filename == "tests.py":
            line = trace.tb_lineno
        trace = trace.tb_next
    lines = tests.splitlines()
    return line, lines[line - 1].strip() if 0 < line <= len(lines) else ""


@functools.cache
def _compiled(tests, wants_free_names):
    """(code, asserts in it, free names, whether it leaves nothing)"""
    tree = ast.parse(tests, "tests.py")
    free = _free_names(tree) if wants_free_names else []
    tree.body, n_asserts = _watched(tree.body)
    code = compile(tree, "tests.py", "exec", dont_inherit=True)
    return code, n_asserts, free, _reaches_for_nothing(code) or _leaves_nothing(tree)


@functools.cache
def _compiled_setup(setup):
    """(code, whether it leaves nothing)"""
    code = compile(setup, "reference.py", "exec", dont_inherit=True)
    return code, _reaches_for_nothing(code) or _leaves_nothing(ast.parse(setup))


_PURE = {"bisect", "cmath", "collections", "copy", "fractions", "functools", "heapq", "itertools", "math", "operator", "random",
         "re", "statistics", "string", "typing"}
_REACHING = {"__builtins__", "__import__", "compile", "delattr", "eval", "exec", "globals", "open", "setattr", "vars"}


_REACHING_CALLS = {opcode.opmap[name] for name in ("STORE_ATTR", "DELETE_ATTR", "IMPORT_NAME")}


def _reaches_for_nothing(code):
    """Whether what it was compiled to shows as much as _leaves_nothing() asks; most tests' does, and this is soon seen."""
    return (_REACHING_CALLS.isdisjoint(code.co_code[::2]) and _REACHING.isdisjoint(code.co_names) and
            not any(name.startswith("__") for name in code.co_names) and
            all(_reaches_for_nothing(part) for part in code.co_consts if type(part) is types.CodeType))


def _leaves_nothing(tree):
    """Whether nothing that it does can be seen by what runs later in this process: it imports modules that keep no state
    (random's is drawn anew), and sets attributes of nothing but self."""
    for node in ast.walk(tree):
        imported = []
        if isinstance(node, ast.Import):
            imported = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            imported = ["." if node.level else node.module]
        elif isinstance(node, ast.Name) and node.id in _REACHING:
            return False
        elif isinstance(node, ast.Attribute):
            sets = not isinstance(node.ctx, ast.Load) and not (isinstance(node.value, ast.Name) and node.value.id == "self")
            if sets or node.attr.startswith("__"):
                return False
        if any(name.split(".")[0] not in _PURE for name in imported):
            return False
    return True


def _run(code, scope, n_asserts, tests):
    try:
        exec(code, scope)
        return ["passed", n_asserts, _held]
    except Unsendable as error:
        return ["broken", "Unsendable", str(error)]
    except AssertionError as error:
        return ["failed", *_line_of(error, tests), n_asserts, _held, *_case()]
    except BaseException as error:
        _compared.clear()
        return ["error", *_line_of(error, tests), n_asserts, _held, *_case(), type(error).__name__, str(error)[:1000]]


def start(setup, tests, under_test):
    """["ended", CPU seconds of this process so far, left nothing, how]. May be called again where nothing was left: with other
    tests, too."""
    global _held
    _held = 0
    _asked.clear()
    _compared.clear()
    random.seed()
    sys.setrecursionlimit(10000)
    left_nothing = False
    try:
        code, n_asserts, free, tests_leave_nothing = _compiled(tests, not under_test)
        reference, reference_leaves_nothing = _compiled_setup(setup)
        scope = _scope(reference, free, under_test)
    except BaseException as error:
        how = ["broken", type(error).__name__, str(error)[:1000]]
    else:
        left_nothing = tests_leave_nothing and reference_leaves_nothing
        scope.update(_proctor_equal=_equal, _proctor_held=_count)
        how = _run(code, scope, n_asserts, tests)
    return ["ended", time.process_time(), left_nothing, how]
