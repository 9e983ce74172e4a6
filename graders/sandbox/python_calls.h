// SPDX-License-Identifier: MIT
#pragma once

// The program's side of typed calls (docs/sandbox.md): requests and replies on descriptor 3, as functions of the
// interpreter. typed_value.h is proctor's side of the same format.

#include "graders/sandbox/python_api.h"

namespace proctor {

// read_request() -> (sequence, request), or None when nothing more will come.
PyObject* read_request(PyObject* self, PyObject* args);

// write_reply(sequence, kind, value). TypeError for what is no plain value, OverflowError for what is too deep or too large;
// then nothing was written.
PyObject* write_reply(PyObject* self, PyObject* args);

} // namespace proctor
