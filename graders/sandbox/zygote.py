# SPDX-License-Identifier: MIT
# The zygote: imports what programs usually want, then serves boxes. proctor_serve() returns once in each worker, which
# gets ready and waits in proctor_take_job() for the program that it is to become.
# Run as: python3 -s -S -B -c TEXT LIBRARY CONTROL CONFINEMENT N-PREPARED PREPARED... PATH...
import sys

_library, _control, _confinement, _n_prepared, *_rest = sys.argv[1:]
_prepared, sys.path[:] = _rest[:int(_n_prepared)], _rest[int(_n_prepared):]

import _random, ast, atexit, builtins, ctypes, gc, io, os, signal, site, struct, threading, traceback, types
import array, bisect, cmath, collections, copy, dataclasses, datetime, decimal, enum, fractions, functools, hashlib
import heapq, itertools, json, marshal, math, operator, random, re, resource, statistics, string, textwrap, time, typing

_MAIN = "/box/main.py"
_MAX_DEPTH = 200
_MAX_BYTES = 64 << 20
_exit = os._exit


class _Job(ctypes.Structure):
    _fields_ = [("calls", ctypes.c_int32), ("program_fd", ctypes.c_int32), ("n_args", ctypes.c_int32),
                ("args", ctypes.POINTER(ctypes.c_char_p)), ("memory_refused", ctypes.POINTER(ctypes.c_bool))]


def _read_file(fd):
    data = os.pread(fd, os.lseek(fd, 0, os.SEEK_END), 0)
    os.close(fd)
    return data


def _stream(fd, name, writing, errors):
    raw = io.FileIO(fd, "w" if writing else "r", closefd=False)
    raw.name = name
    buffered = io.BufferedWriter(raw) if writing else io.BufferedReader(raw)
    text = io.TextIOWrapper(buffered, encoding="utf-8", errors=errors, newline="\n", line_buffering=fd == 2)
    text.mode = "w" if writing else "r"
    return text


def _freshen():
    """What a fresh interpreter has: streams, path, signals. Made once, not in every worker. The descriptors are /dev/null
    now and files later, which streams cannot tell: both can be sought in."""
    sys.stdin = sys.__stdin__ = _stream(0, "<stdin>", False, "surrogateescape")
    sys.stdout = sys.__stdout__ = _stream(1, "<stdout>", True, "surrogateescape")
    sys.stderr = sys.__stderr__ = _stream(2, "<stderr>", True, "backslashreplace")
    sys.path.insert(0, "/box")
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.default_int_handler)


def _new_main():
    main = types.ModuleType("__main__")
    main.__dict__.update(__file__=_MAIN, __builtins__=builtins, __annotations__={})
    sys.modules["__main__"] = main
    return main


def _keep_source(source):
    """For tracebacks and for programs that read themselves."""
    try:
        fd = os.open(_MAIN, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        os.write(fd, source)
        os.close(fd)
    except OSError:
        pass  # level 1 has no writable directory


def _exit_status(stop):
    if stop.code is None or type(stop.code) is int:
        return (stop.code or 0) & 0xFF
    print(stop.code, file=sys.stderr)
    return 1


def _compiled(source):
    return compile(source, _MAIN, "exec", dont_inherit=True)


def _loaded(source):
    """A program of proctor's own in a __main__ of its own: workers that serve its calls find it there."""
    main = _new_main()
    exec(_compiled(source), main.__dict__)
    return main


def _execute(source, main):
    """Runs the program in `main`; its exit status."""
    try:
        exec(_compiled(source), main.__dict__)
        return 0
    except SystemExit as stop:
        return _exit_status(stop)
    except BaseException as error:
        return _report(error)


def _report(error):
    if isinstance(error, MemoryError):
        _job.memory_refused[0] = True
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_globals is globals():
        trace = trace.tb_next
    sys.excepthook(type(error), error.with_traceback(trace), trace)
    return 1


def _finish(status):
    """The end of an interpreter, without taking every module apart."""
    try:
        threading._shutdown()
        atexit._run_exitfuncs()
    except BaseException as error:
        status = _report(error)
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except BaseException:
            status = status or 120
    _exit(status)


# Typed calls: graders/sandbox/typed_value.h is the other side, docs/sandbox.md the format.
def _encode(value, out, depth=0):
    kind = type(value)
    if depth > _MAX_DEPTH or len(out) > _MAX_BYTES:
        raise OverflowError("the value is too deep or too large")
    if value is None:
        out += b"N"
    elif kind is bool:
        out += b"T" if value else b"F"
    elif kind is int:
        data = abs(value).to_bytes((value.bit_length() + 7) // 8, "little")
        out += b"i" + struct.pack("<?I", value < 0, len(data)) + data
    elif kind is float:
        out += b"f" + struct.pack("<d", value)
    elif kind is complex:
        out += b"c" + struct.pack("<dd", value.real, value.imag)
    elif kind is str:
        data = value.encode("utf-8", "surrogatepass")
        out += b"s" + struct.pack("<I", len(data)) + data
    elif kind is bytes:
        out += b"b" + struct.pack("<I", len(value)) + value
    elif kind is dict:
        out += b"d" + struct.pack("<I", len(value))
        for key, item in value.items():
            _encode(key, out, depth + 1)
            _encode(item, out, depth + 1)
    elif kind in _TAGS:
        out += _TAGS[kind] + struct.pack("<I", len(value))
        for item in value:
            _encode(item, out, depth + 1)
    else:
        raise TypeError(kind.__name__)


_TAGS = {list: b"l", tuple: b"t", set: b"S", frozenset: b"Z"}
_KINDS = {tag[0]: kind for kind, tag in _TAGS.items()}


def _decode(data, at=0):
    tag, at = data[at], at + 1
    if tag in b"NTF":
        return {78: None, 84: True, 70: False}[tag], at
    if tag == 102:
        return struct.unpack_from("<d", data, at)[0], at + 8
    if tag == 99:
        return complex(*struct.unpack_from("<dd", data, at)), at + 16
    if tag == 105:
        negative, length = struct.unpack_from("<BI", data, at)
        value = int.from_bytes(data[at + 5:at + 5 + length], "little")
        return -value if negative else value, at + 5 + length
    length, at = struct.unpack_from("<I", data, at)[0], at + 4
    if tag == 115:
        return str(data[at:at + length], "utf-8", "surrogatepass"), at + length
    if tag == 98:
        return bytes(data[at:at + length]), at + length
    items = []
    for _ in range(length * 2 if tag == 100 else length):
        item, at = _decode(data, at)
        items.append(item)
    return dict(zip(items[::2], items[1::2])) if tag == 100 else _KINDS[tag](items), at


def _read_exactly(size):
    data = bytearray()
    while len(data) < size:
        part = os.read(3, min(size - len(data), 1 << 20))
        if not part:
            _finish(0)
        data += part
    return data


def _write_reply(sequence, kind, payload):
    data = struct.pack("<IQ", len(payload) + 1, sequence) + kind + payload
    while data:
        data = data[os.write(3, data):]


def _resolve(main, target):
    """A function of the program, or "Class.method" of a fresh instance."""
    name, *attributes = target.split(".")
    value = main.__dict__[name]
    for attribute in attributes:
        value = getattr(value() if isinstance(value, type) else value, attribute)
    return value


def _answer(main, source, request):
    """(kind, payload) for one request: R a value, X an exception, U a value that is not plain."""
    out = bytearray()
    try:
        if request is None:
            value = None
            if source not in _prepared_mains:
                exec(_compiled(source), main.__dict__)
        else:
            target, args, named = request
            value = _resolve(main, target)(*args, **named)
    except BaseException as error:
        _encode([type(error).__name__, str(error)[:4096]], out)
        return b"X", out
    try:
        _encode(value, out)
    except (TypeError, OverflowError, RuntimeError, ValueError) as error:
        _encode(str(error), refused := bytearray())
        return b"U", refused
    return b"R", out


def _read_request():
    size, sequence = struct.unpack("<IQ", _read_exactly(12))
    return sequence, _decode(_read_exactly(size))[0]


def _serve_calls(source, main):
    sequence = 0

    def converse(value):
        """Answers the request that is being served, and returns the arguments of the next one."""
        nonlocal sequence
        _encode(value, out := bytearray())
        _write_reply(sequence, b"R", out)
        sequence, (_, args, _) = _read_request()
        return args

    main.__dict__["proctor_converse"] = converse
    while True:
        sequence, request = _read_request()
        reply = _answer(main, source, request)
        _write_reply(sequence, *reply)


_freshen()
_prepared_mains = {source.encode(): _loaded(source) for source in _prepared}
_main = _new_main()
site.setquit()
site.setcopyright()
site.sethelper()
gc.collect()
gc.freeze()
if threading.active_count() != 1:
    _exit(1)
_box = ctypes.PyDLL(_library)
_box.proctor_serve.argtypes, _box.proctor_serve.restype = [ctypes.c_int, ctypes.c_char_p], ctypes.c_void_p
_box.proctor_take_job.argtypes, _box.proctor_take_job.restype = [ctypes.c_void_p], ctypes.POINTER(_Job)
_worker = _box.proctor_serve(int(_control), os.fsencode(_confinement))
_random.Random.seed(random._inst)  # random.seed() without its Python code
_job = _box.proctor_take_job(_worker).contents
_source = _read_file(_job.program_fd)
if _source in _prepared_mains:
    _main = sys.modules["__main__"] = _prepared_mains[_source]
else:
    _keep_source(_source)
_args = [_MAIN, *(os.fsdecode(_job.args[at]) for at in range(_job.n_args))]
sys.argv[:], sys.orig_argv[:] = _args, ["python3", *_args]
if _job.calls:
    _serve_calls(_source, _main)
_finish(_execute(_source, _main))
