// SPDX-License-Identifier: MIT
#pragma once

// What is used of CPython's stable ABI (docs.python.org, "C API Stability"), declared here so that no headers of one
// version are needed. The interpreter that loads libproctor_box.so has all of it since 3.10.

#include <cstddef>
#include <sys/types.h>

extern "C" {
struct _object { // the head of every object, which reads its type without counting a reference to it
  ssize_t reference_count;
  _object* type;
};
using PyObject = _object;
using PyThreadState = struct _ts;
struct PyMethodDef {
  const char* name;
  PyObject* (*function)(PyObject* self, PyObject* args);
  int flags;
  const char* doc;
};
constexpr int METH_VARARGS = 1, METH_NOARGS = 4;
struct PyModuleDef { // the first five: PyModuleDef_Base
  ssize_t reference_count = 1;
  PyObject* type = nullptr;
  PyObject* (*init)() = nullptr;
  ssize_t index = 0;
  PyObject* copy = nullptr;
  const char* name;
  const char* doc = nullptr;
  ssize_t state_bytes = 0;
  const PyMethodDef* methods;
  const void* slots = nullptr;
  void *traverse = nullptr, *clear = nullptr, *free = nullptr;
};

extern PyObject PyBool_Type, PyLong_Type, PyFloat_Type, PyComplex_Type, PyUnicode_Type, PyBytes_Type, PyList_Type, PyTuple_Type,
    PySet_Type, PyFrozenSet_Type, PyDict_Type, _Py_NoneStruct, _Py_TrueStruct, _Py_FalseStruct;
extern PyObject *PyExc_OSError, *PyExc_OverflowError, *PyExc_TypeError, *PyExc_ValueError;

void* PyObject_Malloc(size_t size);
void PyObject_Free(void*);
void Py_IncRef(PyObject*);
void Py_DecRef(PyObject*);
PyObject* PyObject_Type(PyObject*);
int PyObject_IsTrue(PyObject*);
PyObject* PyObject_GetIter(PyObject*);
PyObject* PyIter_Next(PyObject*);
PyObject* PyObject_GetAttrString(PyObject*, const char* name);
PyObject* PyObject_CallObject(PyObject* callable, PyObject* args);
PyObject* PyObject_CallMethod(PyObject*, const char* name, const char* format, ...);
void* PyType_GetSlot(PyObject* type, int slot);
constexpr int Py_tp_finalize = 80;
PyObject* PySys_GetObject(const char* name); // borrowed
PyObject* PyModuleDef_Init(PyModuleDef*);
int PyArg_ParseTuple(PyObject* args, const char* format, ...);
PyObject* Py_BuildValue(const char* format, ...);

PyObject* PyNumber_Absolute(PyObject*);
PyObject* PyNumber_Negative(PyObject*);
PyObject* PyLong_FromLongLong(long long);
PyObject* PyLong_FromUnsignedLongLong(unsigned long long);
long long PyLong_AsLongLongAndOverflow(PyObject*, int* overflow);
size_t PyLong_AsSize_t(PyObject*);
PyObject* PyFloat_FromDouble(double);
double PyFloat_AsDouble(PyObject*);
PyObject* PyComplex_FromDoubles(double real, double imaginary);
double PyComplex_RealAsDouble(PyObject*);
double PyComplex_ImagAsDouble(PyObject*);
PyObject* PyUnicode_DecodeUTF8(const char* bytes, ssize_t size, const char* errors);
PyObject* PyUnicode_DecodeFSDefaultAndSize(const char* bytes, ssize_t size);
PyObject* PyUnicode_AsEncodedString(PyObject*, const char* encoding, const char* errors);
PyObject* PyBytes_FromStringAndSize(const char* bytes, ssize_t size);
char* PyBytes_AsString(PyObject*);
ssize_t PyBytes_Size(PyObject*);
PyObject* PyList_New(ssize_t size);
ssize_t PyList_Size(PyObject*);
PyObject* PyList_GetItem(PyObject*, ssize_t at);
int PyList_Append(PyObject*, PyObject* item);
int PyList_SetItem(PyObject*, ssize_t at, PyObject* item);
int PyList_SetSlice(PyObject*, ssize_t begin, ssize_t end, PyObject* items);
PyObject* PyTuple_New(ssize_t size);
ssize_t PyTuple_Size(PyObject*);
PyObject* PyTuple_GetItem(PyObject*, ssize_t at);
int PyTuple_SetItem(PyObject*, ssize_t at, PyObject* item);
PyObject* PySet_New(PyObject* items);
PyObject* PyFrozenSet_New(PyObject* items);
ssize_t PySet_Size(PyObject*);
int PySet_Add(PyObject*, PyObject* item);
PyObject* PyDict_New();
ssize_t PyDict_Size(PyObject*);
int PyDict_Next(PyObject*, ssize_t* at, PyObject** key, PyObject** value);
int PyDict_SetItem(PyObject*, PyObject* key, PyObject* value);

PyObject* PyErr_Format(PyObject* type, const char* format, ...);
PyObject* PyErr_NoMemory();
PyObject* PyErr_Occurred();
PyObject* PyErr_SetFromErrno(PyObject* type);
int PyErr_CheckSignals();
PyThreadState* PyEval_SaveThread();
void PyEval_RestoreThread(PyThreadState*);
}
