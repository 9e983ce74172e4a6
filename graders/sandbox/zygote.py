# SPDX-License-Identifier: MIT
# The zygote: imports what programs usually want, then serves boxes. _serve() returns once in each worker, with the program
# that it is to become. What a worker touches from then on are pages that every box has to copy.
# Run as: python3 -s -S -B -c TEXT LIBRARY CONTROL CONFINEMENT N-PREPARED PREPARED... PATH...
import sys

_library, _control, _confinement, _n_prepared, *_rest = sys.argv[1:]
_prepared, sys.path[:] = _rest[:int(_n_prepared)], _rest[int(_n_prepared):]

import _imp, _thread, ast, atexit, builtins, gc, io, os, signal, site, struct, threading, traceback, types
import array, bisect, cmath, collections, copy, dataclasses, datetime, decimal, enum, fractions, functools
import heapq, itertools, json, marshal, math, operator, random, re, resource, statistics, string, textwrap, time, typing

_MAIN = "/box/main.py"
_exit = os._exit


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


def _exit_status(stop):
    code = stop.code
    if isinstance(code, int):  # as the interpreter reads it into a C long
        return int.__and__(code, 0xFF) if int.bit_length(code) < 64 else 0xFF
    if code is None:
        return 0
    print(code, file=sys.stderr)
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
        _note_refusal()
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_globals is globals():
        trace = trace.tb_next
    sys.excepthook(type(error), error.with_traceback(trace), trace)
    return 1


def _flush(stream):
    """False when the stream could not write what it held."""
    try:
        if stream is not None and not getattr(stream, "closed", False):
            stream.flush()
        return True
    except BaseException:
        return False


def _let_go():
    """What taking the interpreter apart would do to the program's own objects: __del__ of those that have one in Python,
    and files that were never closed get what was written to them. What the zygote made is frozen, and not looked at."""
    if not (found := _unfinished(gc.get_objects())):
        return
    sys.stdout, sys.stderr = sys.__stdout__, sys.__stderr__
    for value in found:
        if type(getattr(type(value), "__del__", None)) is types.FunctionType and not gc.is_finalized(value):
            try:
                type(value).__del__(value)
            except BaseException:
                pass
    for layer in (io.TextIOWrapper, (io.BufferedWriter, io.BufferedRandom, io.BufferedRWPair)):  # text goes through the bytes below it
        for value in found:
            if issubclass(type(value), layer):
                _flush(value)


def _finish(status):
    """The end of an interpreter, without taking every module apart."""
    try:
        if _n_threads() or _exit_hooks:
            threading._shutdown()
        if _n_exit_functions():
            atexit._run_exitfuncs()
    except BaseException as error:
        status = _report(error)
    flushed = [_flush(getattr(sys, name, None)) for name in ("stdout", "stderr")]
    try:
        _let_go()
    except BaseException:
        pass
    flushed += map(_flush, _streams)
    _exit(status if all(flushed) else 120)


def _resolve(main, target):
    """A function of the program, or "Class.method" of a fresh instance."""
    name, *attributes = target.split(".")
    value = main.__dict__[name]
    for attribute in attributes:
        value = getattr(value() if isinstance(value, type) else value, attribute)
    return value


def _answer(main, source, request):
    """(kind, value) for one request: R and what the program returned, X and an exception's type and text. `source`: what has
    to be executed first, or None."""
    try:
        if source is not None:
            exec(_compiled(source), main.__dict__)
        if request is None:
            return b"R", None
        target, args, named = request
        return b"R", _resolve(main, target)(*args, **named)
    except BaseException as error:
        return b"X", [type(error).__name__, str(error)[:4096]]


def _serve_calls(source, main):
    sequence = 0

    def next_request():
        nonlocal sequence
        sequence, request = _read_request() or _finish(0)
        return request

    def converse(value):
        """Answers the request that is being served, and returns the arguments of the next one."""
        _write_reply(sequence, b"R", value)
        return next_request()[1]

    main.__dict__["proctor_converse"] = converse
    while True:
        kind, value = _answer(main, source, next_request())
        source = None
        try:
            _write_reply(sequence, kind, value)
        except (TypeError, OverflowError) as error:
            _write_reply(sequence, b"U", str(error))


_freshen()
_streams = sys.stdout, sys.stderr
_prepared_mains = {source.encode(): _loaded(source) for source in _prepared}
_main = _new_main()
sys.argv[:], sys.orig_argv[:] = [], ["python3"]
site.setquit()
site.setcopyright()
site.sethelper()
gc.collect()
gc.freeze()
if threading.active_count() != 1:
    _exit(1)
_box = _imp.create_dynamic(types.SimpleNamespace(name="proctor_box", origin=_library))
_serve, _note_refusal, _unfinished = _box.serve, _box.note_refusal, _box.unfinished
_read_request, _write_reply = _box.read_request, _box.write_reply
_reseed = super(random.Random, random._inst).seed  # random.seed() without its Python code
_n_threads, _n_exit_functions, _exit_hooks = _thread._count, atexit._ncallbacks, threading._threading_atexits


def _become(serves_calls, source):
    if not serves_calls:
        _finish(_execute(source, _main))
    if main := _prepared_mains.get(source):
        sys.modules["__main__"] = main
        source = None
    _serve_calls(source, main or _main)


def _rehearse():
    """What every program does, in a fork whose pages are then looked at."""
    global _exit
    _exit = lambda status: None
    _finish(_execute(b"pass", _main))


_become(*_serve(int(_control), os.fsencode(_confinement), _reseed, _rehearse))
