// SPDX-License-Identifier: MIT
// The extension module that the zygote loads: libproctor_box.so. The interpreter stays an ordinary python3.
#include <csignal>
#include <fcntl.h>
#include <string>
#include <string_view>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

#include "graders/sandbox/box.h"
#include "graders/sandbox/factory.h"
#include "graders/sandbox/hot_pages.h"
#include "graders/sandbox/huge_pages.h"
#include "graders/sandbox/packed_heap.h"
#include "graders/sandbox/python_calls.h"

namespace {

using namespace proctor;

BoxNotes* notes = nullptr; // of the worker that this process has become

constexpr std::string_view kMainFile = "/box/main.py"; // of the program, as zygote.py has it

// For tracebacks, and for programs that read themselves. Level 1 has no writable directory.
void keep_source(int program, off_t size) {
  Fd file(::open(kMainFile.data(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  for (off_t at = 0; file && at < size;)
    if (::sendfile(file.get(), program, &at, static_cast<size_t>(size - at)) <= 0) return;
}

// nullptr with an exception set.
PyObject* source_of(const WorkerJob& job) {
  struct stat info{};
  if (::fstat(job.program.get(), &info) != 0) info.st_size = 0;
  if (job.head.work == BoxWork::script) keep_source(job.program.get(), info.st_size);
  PyObject* source = PyBytes_FromStringAndSize(nullptr, info.st_size);
  for (off_t at = 0; source != nullptr && at < info.st_size;) {
    const ssize_t got = ::pread(job.program.get(), PyBytes_AsString(source) + at, static_cast<size_t>(info.st_size - at), at);
    if (got <= 0) give_up(job.report.get(), {BoxStep::files, errno});
    at += got;
  }
  return source;
}

// Appends the program's arguments to sys.argv and sys.orig_argv. False with an exception set.
bool pass_arguments(const WorkerJob& job) {
  std::vector<std::string_view> words{kMainFile};
  words.insert(words.end(), job.args.begin(), job.args.end());
  PyObject* args = PyList_New(static_cast<ssize_t>(words.size()));
  for (size_t at = 0; args != nullptr && at < words.size(); ++at) {
    PyObject* word = PyUnicode_DecodeFSDefaultAndSize(words[at].data(), static_cast<ssize_t>(words[at].size()));
    if (word == nullptr || PyList_SetItem(args, static_cast<ssize_t>(at), word) != 0) return false;
  }
  if (args == nullptr) return false;
  for (const char* name : {"argv", "orig_argv"})
    if (PyObject* list = PySys_GetObject(name); list != nullptr && PyList_SetSlice(list, PyList_Size(list), PyList_Size(list), args) != 0) return false;
  Py_DecRef(args);
  return true;
}

// serve(control, confinement, reseed, rehearse): serves boxes; returns once per worker, in the worker, when it has its job:
// (whether it serves typed calls, the program's source).
// `reseed` is called in each worker before it waits, `rehearse` in a fork that finds the hot pages. The job is taken here and not in Python, whose code would touch many
// pages that every box has to copy. The interpreter is not told of these forks: the zygote has one thread, which holds no
// lock but the interpreter's own, so that its copy is sound as it is, and what PyOS_AfterFork_Child() does for others
// (threading's and random's Python code) would make a third of all pages that a box writes to.
PyObject* serve(PyObject*, PyObject* arguments) {
  int control = -1;
  const char* confinement_text = nullptr;
  PyObject *reseed = nullptr, *rehearse = nullptr;
  if (PyArg_ParseTuple(arguments, "iyOO", &control, &confinement_text, &reseed, &rehearse) == 0) return nullptr;
  const Confinement confinement = decode_confinement(confinement_text);
  pack_heap();
  use_huge_pages();
  HotPages hot_pages;
  hot_pages.find([rehearse] { PyObject_CallObject(rehearse, nullptr); });
  struct sigaction interrupt {};
  ::sigaction(SIGINT, nullptr, &interrupt);
  WaitingWorker worker = serve_boxes(control, confinement);
  ::sigaction(SIGINT, &interrupt, nullptr); // back to what the interpreter believes that they are
  for (int signal : {SIGPIPE, SIGXFSZ}) ::signal(signal, SIG_IGN);
  if (PyObject_CallObject(reseed, nullptr) == nullptr) return nullptr;
  hot_pages.copy();
  WorkerJob job = take_job(std::move(worker), confinement);
  if (!job.program) give_up(job.report.get(), {BoxStep::descriptors, EBADMSG});
  PyObject* source = source_of(job);
  if (source == nullptr || !pass_arguments(job)) return nullptr;
  if (!seal_process(confinement, 0)) give_up(job.report.get(), {BoxStep::seccomp, errno});
  // The report's end closes here: from now on nothing that this process says about itself is believed.
  notes = job.notes;
  return Py_BuildValue("(iN)", job.head.work == BoxWork::calls ? 1 : 0, source);
}

// note_refusal(): the program ends for want of memory.
PyObject* note_refusal(PyObject*, PyObject*) {
  notes->memory_refused = true;
  Py_IncRef(&_Py_NoneStruct);
  return &_Py_NoneStruct;
}

// unfinished([objects]): those whose type has something to do at an object's end: __del__, a file's close. In C++ because
// counting references to types would write to their pages.
PyObject* unfinished(PyObject*, PyObject* arguments) {
  PyObject *objects = nullptr, *found = PyList_New(0);
  if (found == nullptr || PyArg_ParseTuple(arguments, "O", &objects) == 0) return nullptr;
  for (ssize_t at = 0; at < PyList_Size(objects); ++at) {
    PyObject* object = PyList_GetItem(objects, at);
    if (PyType_GetSlot(object->type, Py_tp_finalize) != nullptr && PyList_Append(found, object) != 0) return nullptr;
  }
  return found;
}

constexpr PyMethodDef kFunctions[] = {{"serve", serve, METH_VARARGS, nullptr},
                                      {"unfinished", unfinished, METH_VARARGS, nullptr},
                                      {"note_refusal", note_refusal, METH_NOARGS, nullptr},
                                      {"read_request", read_request, METH_NOARGS, nullptr},
                                      {"write_reply", write_reply, METH_VARARGS, nullptr},
                                      {}};
PyModuleDef module = {.name = "proctor_box", .methods = kFunctions}; // the interpreter writes to it

} // namespace

extern "C" [[gnu::visibility("default")]] PyObject* PyInit_proctor_box() { return PyModuleDef_Init(&module); }
