// SPDX-License-Identifier: MIT
// Python's objects to bytes and back. In C++ because Python code would touch a few hundred pages for it, each of which a box
// has to copy first.
#include "graders/sandbox/python_calls.h"

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <new>
#include <string>
#include <string_view>
#include <unistd.h>
#include <utility>

#include "graders/sandbox/wire.h"
#include "graders/sandbox/worker.h"

namespace proctor {
namespace {

// A reference that is given up at the end; null after an error, which the interpreter knows.
class Ref {
 public:
  explicit Ref(PyObject* object) : object_(object) {}
  Ref(Ref&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
  Ref& operator=(Ref&&) = delete;
  ~Ref() {
    if (object_ != nullptr) Py_DecRef(object_);
  }
  PyObject* get() const { return object_; }
  PyObject* release() { return std::exchange(object_, nullptr); }
  explicit operator bool() const { return object_ != nullptr; }

 private:
  PyObject* object_;
};

PyObject* new_ref(PyObject& object) {
  Py_IncRef(&object);
  return &object;
}

// Every member returns false with an exception set.
class Encoder {
 public:
  bool value(PyObject* object, int depth = 0) {
    if (depth > kMaxTypedDepth || out.size() > kMaxTypedBytes || ++n_values_ > kMaxTypedValues) return refuse();
    if (object == &_Py_NoneStruct) return tag('N');
    const Ref type(PyObject_Type(object));
    const PyObject* kind = type.get();
    if (kind == &PyBool_Type) return tag(object == &_Py_TrueStruct ? 'T' : 'F');
    if (kind == &PyLong_Type) return integer(object);
    if (kind == &PyFloat_Type) return tag('f') && put(PyFloat_AsDouble(object));
    if (kind == &PyComplex_Type) return tag('c') && put(PyComplex_RealAsDouble(object)) && put(PyComplex_ImagAsDouble(object));
    if (kind == &PyUnicode_Type) return tag('s') && bytes(Ref(PyUnicode_AsEncodedString(object, "utf-8", "surrogatepass")).get());
    if (kind == &PyBytes_Type) return tag('b') && bytes(object);
    if (kind == &PyList_Type) return tag('l') && items(object, PyList_Size(object), PyList_GetItem, depth);
    if (kind == &PyTuple_Type) return tag('t') && items(object, PyTuple_Size(object), PyTuple_GetItem, depth);
    if (kind == &PySet_Type) return tag('S') && set(object, depth);
    if (kind == &PyFrozenSet_Type) return tag('Z') && set(object, depth);
    if (kind == &PyDict_Type) return tag('d') && dict(object, depth);
    const Ref name(PyObject_GetAttrString(type.get(), "__name__"));
    if (name) PyErr_Format(PyExc_TypeError, "%U", name.get());
    return false;
  }

  bool ends_in_bounds() const { return out.size() <= kMaxTypedBytes || refuse(); }

  std::string out;

 private:
  size_t n_values_ = 0;

  static bool refuse() {
    PyErr_Format(PyExc_OverflowError, "value too deep or too large");
    return false;
  }
  bool tag(char tag) { return out += tag, true; }
  template <class T> bool put(T value) { return out.append(reinterpret_cast<const char*>(&value), sizeof value), true; }
  bool count(ssize_t size) { return size <= UINT32_MAX ? put(static_cast<uint32_t>(size)) : refuse(); }
  bool bytes(PyObject* object) {
    if (object == nullptr || !count(PyBytes_Size(object))) return false;
    out.append(PyBytes_AsString(object), static_cast<size_t>(PyBytes_Size(object)));
    return true;
  }
  bool integer(PyObject* object) {
    int overflow = 0;
    const long long small = PyLong_AsLongLongAndOverflow(object, &overflow);
    out += 'i';
    if (overflow != 0) return large_integer(object, overflow < 0);
    out += static_cast<char>(small < 0);
    const uint64_t magnitude = small < 0 ? ~static_cast<uint64_t>(small) + 1 : static_cast<uint64_t>(small);
    const uint32_t size = magnitude == 0 ? 0 : 8 - static_cast<uint32_t>(__builtin_clzll(magnitude)) / 8;
    put(size);
    out.append(reinterpret_cast<const char*>(&magnitude), size);
    return true;
  }
  bool large_integer(PyObject* object, bool negative) {
    out += static_cast<char>(negative);
    const Ref magnitude(PyNumber_Absolute(object));
    const Ref bits(magnitude ? PyObject_CallMethod(magnitude.get(), "bit_length", nullptr) : nullptr);
    if (!bits) return false;
    const auto size = static_cast<ssize_t>((PyLong_AsSize_t(bits.get()) + 7) / 8);
    return bytes(Ref(PyObject_CallMethod(magnitude.get(), "to_bytes", "ns", size, "little")).get());
  }
  bool items(PyObject* object, ssize_t size, PyObject* (*item)(PyObject*, ssize_t), int depth) {
    if (!count(size)) return false;
    for (ssize_t at = 0; at < size; ++at)
      if (!value(item(object, at), depth + 1)) return false;
    return true;
  }
  bool set(PyObject* object, int depth) {
    const Ref iterator(PyObject_GetIter(object));
    if (!iterator || !count(PySet_Size(object))) return false;
    while (const Ref item{PyIter_Next(iterator.get())})
      if (!value(item.get(), depth + 1)) return false;
    return PyErr_Occurred() == nullptr;
  }
  bool dict(PyObject* object, int depth) {
    if (!count(PyDict_Size(object))) return false;
    PyObject *key = nullptr, *held = nullptr;
    for (ssize_t at = 0; PyDict_Next(object, &at, &key, &held) != 0;)
      if (!value(key, depth + 1) || !value(held, depth + 1)) return false;
    return true;
  }
};

// Every member returns null with an exception set.
class Decoder {
 public:
  explicit Decoder(std::string_view bytes) : rest_(bytes) {}

  PyObject* value(int depth = 0) {
    char tag = 0;
    double real = 0, imaginary = 0;
    if (depth > kMaxTypedDepth || !take(tag)) return refuse();
    switch (tag) {
    case 'N': return new_ref(_Py_NoneStruct);
    case 'T': return new_ref(_Py_TrueStruct);
    case 'F': return new_ref(_Py_FalseStruct);
    case 'i': return integer();
    case 'f': return take(real) ? PyFloat_FromDouble(real) : refuse();
    case 'c': return take(real) && take(imaginary) ? PyComplex_FromDoubles(real, imaginary) : refuse();
    default: break;
    }
    uint32_t count = 0;
    if (!take(count) || count > rest_.size()) return refuse(); // an item takes a byte at least
    switch (tag) {
    case 's': {
      const std::string_view text = take_bytes(count);
      return PyUnicode_DecodeUTF8(text.data(), count, "surrogatepass");
    }
    case 'b': return PyBytes_FromStringAndSize(take_bytes(count).data(), count);
    case 'l': return items(PyList_New(count), count, PyList_SetItem, depth);
    case 't': return items(PyTuple_New(count), count, PyTuple_SetItem, depth);
    case 'S': return set(PySet_New(nullptr), count, depth);
    case 'Z': return set(PyFrozenSet_New(nullptr), count, depth);
    case 'd': return dict(count, depth);
    default: return refuse();
    }
  }

 private:
  static PyObject* refuse() { return PyErr_Format(PyExc_ValueError, "not one complete typed value"); }
  template <class T> bool take(T& out) {
    if (rest_.size() < sizeof out) return false;
    std::memcpy(&out, rest_.data(), sizeof out);
    rest_.remove_prefix(sizeof out);
    return true;
  }
  std::string_view take_bytes(size_t size) {
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }
  PyObject* integer() {
    char negative = 0;
    uint32_t size = 0;
    if (!take(negative) || !take(size) || size > rest_.size()) return refuse();
    const std::string_view bytes = take_bytes(size);
    uint64_t small = 0;
    if (size <= sizeof small) std::memcpy(&small, bytes.data(), size);
    if (size < sizeof small) return PyLong_FromLongLong(negative != 0 ? -static_cast<long long>(small) : static_cast<long long>(small));
    Ref magnitude(size == sizeof small ? PyLong_FromUnsignedLongLong(small) : large_integer(bytes));
    return negative != 0 && magnitude ? PyNumber_Negative(magnitude.get()) : magnitude.release();
  }
  static PyObject* large_integer(std::string_view bytes) {
    const Ref data(PyBytes_FromStringAndSize(bytes.data(), static_cast<ssize_t>(bytes.size())));
    return data ? PyObject_CallMethod(&PyLong_Type, "from_bytes", "Os", data.get(), "little") : nullptr;
  }
  PyObject* items(PyObject* made, ssize_t count, int (*set_item)(PyObject*, ssize_t, PyObject*), int depth) {
    Ref list(made);
    for (ssize_t at = 0; list && at < count; ++at) {
      PyObject* item = value(depth + 1);
      if (item == nullptr || set_item(list.get(), at, item) != 0) return nullptr;
    }
    return list.release();
  }
  PyObject* set(PyObject* made, ssize_t count, int depth) {
    Ref set(made);
    for (ssize_t at = 0; set && at < count; ++at) {
      const Ref item(value(depth + 1));
      if (!item || PySet_Add(set.get(), item.get()) != 0) return nullptr;
    }
    return set.release();
  }
  PyObject* dict(ssize_t count, int depth) {
    Ref dict(PyDict_New());
    for (ssize_t at = 0; dict && at < count; ++at) {
      const Ref key(value(depth + 1));
      const Ref held(key ? value(depth + 1) : nullptr);
      if (!held || PyDict_SetItem(dict.get(), key.get(), held.get()) != 0) return nullptr;
    }
    return dict.release();
  }

  std::string_view rest_;
};

// read(2) or write(2) of all bytes, while other threads of the program may run. False at the end of the channel, and with an
// exception set where it failed or a handler of the program's raised one.
template <class Call> bool transfer(Call call, char* at, size_t size) {
  while (size > 0) {
    PyThreadState* state = PyEval_SaveThread();
    const ssize_t moved = call(kChannelFd, at, size);
    const int error = errno;
    PyEval_RestoreThread(state);
    if (moved == 0) return false;
    errno = error;
    if (moved < 0 && error != EINTR) return PyErr_SetFromErrno(PyExc_OSError), false;
    if (moved < 0 && PyErr_CheckSignals() != 0) return false;
    if (moved > 0) at += moved, size -= static_cast<size_t>(moved);
  }
  return true;
}

PyObject* none_unless_failed() { return PyErr_Occurred() != nullptr ? nullptr : new_ref(_Py_NoneStruct); }

} // namespace

PyObject* read_request(PyObject*, PyObject*) try {
  CallFrame head{};
  if (!transfer(::read, reinterpret_cast<char*>(&head), sizeof head)) return none_unless_failed();
  std::string payload(head.size, '\0');
  if (!transfer(::read, payload.data(), payload.size())) return none_unless_failed();
  PyObject* request = Decoder(payload).value();
  return request == nullptr ? nullptr : Py_BuildValue("(KN)", static_cast<unsigned long long>(head.sequence), request);
} catch (const std::bad_alloc&) {
  return PyErr_NoMemory();
}

PyObject* write_reply(PyObject*, PyObject* args) try {
  unsigned long long sequence = 0;
  const char* kind = nullptr;
  PyObject* value = nullptr;
  if (PyArg_ParseTuple(args, "KyO", &sequence, &kind, &value) == 0) return nullptr;
  Encoder encoder;
  encoder.out.assign(sizeof(CallFrame), '\0');
  encoder.out += kind[0];
  if (!encoder.value(value) || !encoder.ends_in_bounds()) return nullptr;
  const CallFrame head{static_cast<uint32_t>(encoder.out.size() - sizeof head), sequence};
  std::memcpy(encoder.out.data(), &head, sizeof head);
  auto write = [](int fd, const char* at, size_t size) { return ::write(fd, at, size); };
  return transfer(write, encoder.out.data(), encoder.out.size()) ? new_ref(_Py_NoneStruct) : nullptr;
} catch (const std::bad_alloc&) {
  return PyErr_NoMemory();
}

} // namespace proctor
