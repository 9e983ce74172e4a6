// SPDX-License-Identifier: MIT
#include "backends/recorded/recorded.h"

#include <filesystem>
#include <fmt/format.h>

#include "backends/recorded/document.h"
#include "backends/recorded/inspect_log.h"
#include "backends/recorded/lenient_parser.h"
#include "backends/recorded/record_index.h"
#include "harness/hash.h"
#include "harness/text/think_split.h"

namespace proctor {
namespace {

// The bytes behind the index: a file, or an Inspect archive.
struct Storage {
  FileBytes file;
  std::optional<InspectArchive> archive;

  Status read(const SampleEntry& entry, std::string& out) const {
    return archive ? archive->read(entry.offset, out) : file.read(entry.offset, entry.length, out);
  }
};

Result<Storage> open_storage(const std::string& path) {
  auto file = FileBytes::open(path);
  if (!file) return file.error();
  Storage storage{std::move(*file), std::nullopt};
  std::string head;
  if (Status read = storage.file.read(0, 4, head); !read) return read.error();
  if (!InspectArchive::is_zip(head)) return storage;
  auto archive = InspectArchive::open(path);
  if (!archive) return archive.error();
  storage.archive = std::move(*archive);
  return storage;
}

// Everything that one opening does; the results stay in `index`, `digest` and `notes`.
class Opening {
 public:
  Opening(const Storage& storage, RecordRules& rules) : storage_(storage), rules_(rules), builder_(rules) {}

  Status run() {
    Status read = storage_.archive ? read_archive(*storage_.archive) : read_document();
    if (!read) return read;
    if (auto twice = builder_.seal())
      return usage_error(fmt::format("{}: sample {} of question {} is there twice, the other one is {}",
                                     place(twice->second_line), twice->sample, twice->doc_id,
                                     place(twice->first_line)));
    if (Status mapped = builder_.check_mapped(); !mapped) return in_context(path(), mapped.error());
    for (std::string& note : builder_.notes()) add_note(note);
    if (size_t n = parser_.n_bad_bytes(); n > 0)
      add_note(fmt::format("{} bytes that are not UTF-8 are read as U+FFFD", n));
    index = builder_.take();
    if (index.n_samples() == 0) return usage_error(path() + " holds no complete record");
    return {};
  }

  RecordIndex index;
  Hasher hasher;
  std::vector<std::string> notes;

 private:
  const std::string& path() const { return storage_.file.path(); }
  void add_note(std::string_view note) { notes.push_back(fmt::format("{}: {}", path(), note)); }

  std::string place(uint64_t line) const {
    if (!storage_.archive) return fmt::format("{}:{}", path(), line);
    return fmt::format("{}: {}", path(), storage_.archive->samples()[line - 1].name);
  }

  Status read_document() {
    auto document = RecordDocument::open(storage_.file, rules_.map);
    if (!document) return document.error();
    rules_.is_inspect = document->is_inspect();
    return document->visit(hasher, [this](const RecordText& record, std::string& text) { return add(record, text); });
  }

  Status read_archive(const InspectArchive& archive) {
    rules_.is_inspect = true;
    std::string text;
    uint64_t number = 0;
    for (const InspectArchive::Entry& entry : archive.samples()) {
      if (Status read = archive.read(entry.number, text); !read) return read;
      hasher.field(entry.name).field(text);
      RecordText record{std::nullopt, {entry.number, text.size(), ++number}, false};
      if (Status added = add(record, text); !added) return added;
    }
    return {};
  }

  Status add(const RecordText& record, std::string& text) {
    auto value = parser_.parse(text);
    if (!value && record.torn) {
      add_note(fmt::format("line {} is torn (no newline, not JSON) and is skipped", record.span.line));
      return {};
    }
    if (!value) return in_context(place(record.span.line), value.error());
    Status added = builder_.add(*value, record.key, record.span);
    return added ? added : in_context(place(record.span.line), added.error());
  }

  const Storage& storage_;
  RecordRules& rules_;
  LenientParser parser_;
  IndexBuilder builder_;
};

std::string digest_of(Hasher& hasher, const std::map<std::string, std::string>& map) {
  for (const auto& [key, path] : map) hasher.field(key).field(path);
  return hasher.hex();
}

bool item_opens_thinking(const WorkItem& item) {
  Question question;
  question.assistant_prefix = item.assistant_prefix;
  if (!item.messages.empty()) question.messages = {item.messages.back()};
  return prefills_thinking(question);
}

Completion not_there(Completion completion, const std::string& path) {
  completion.status = CompletionStatus::error;
  completion.finish_reason = FinishReason::error;
  completion.error = "not in " + path;
  return completion;
}

// The record that holds sample `element` of all records in one element of the file, and which of its samples.
std::pair<const Record*, size_t> locate(const std::vector<Record>& records, size_t element) {
  for (const Record& record : records) {
    if (element < record.n_samples()) return {&record, element};
    element -= record.n_samples();
  }
  return {nullptr, 0};
}

} // namespace

struct RecordedFile::Impl {
  RecordedOptions options;
  Storage storage;
  RecordRules rules;
  RecordIndex index;
  std::string digest;
  std::vector<std::string> notes;
};

RecordedFile::RecordedFile(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
RecordedFile::RecordedFile(RecordedFile&&) noexcept = default;
RecordedFile& RecordedFile::operator=(RecordedFile&&) noexcept = default;
RecordedFile::~RecordedFile() = default;

Result<RecordedFile> RecordedFile::open(RecordedOptions options) {
  auto map = KeyMap::make(options.map);
  if (!map) return map.error();
  auto storage = open_storage(options.path);
  if (!storage) return storage.error();
  auto impl =
      std::make_unique<Impl>(Impl{std::move(options), std::move(*storage), {std::move(*map), "", false}, {}, "", {}});
  impl->rules.expect = impl->options.expect;
  Opening opening(impl->storage, impl->rules);
  if (Status read = opening.run(); !read) return read.error();
  impl->index = std::move(opening.index);
  impl->notes = std::move(opening.notes);
  impl->digest = digest_of(opening.hasher, impl->options.map);
  return RecordedFile(std::move(impl));
}

const std::string& RecordedFile::path() const { return impl_->options.path; }
const std::vector<RecordedQuestion>& RecordedFile::questions() const { return impl_->index.questions(); }
size_t RecordedFile::n_samples() const { return impl_->index.n_samples(); }
const std::string& RecordedFile::digest() const { return impl_->digest; }
const std::vector<std::string>& RecordedFile::notes() const { return impl_->notes; }

std::vector<int> RecordedFile::sample_indices(const std::string& doc_id) const {
  std::vector<int> indices;
  for (const SampleEntry& entry : impl_->index.samples_of(doc_id)) indices.push_back(entry.sample);
  return indices;
}

std::optional<bool> RecordedFile::label(const std::string& doc_id, int sample_idx) const {
  const SampleEntry* entry = impl_->index.find(doc_id, sample_idx);
  return entry == nullptr || entry->label < 0 ? std::nullopt : std::optional(entry->label == 1);
}

struct RecordedReader::Impl {
  const RecordedFile::Impl& file;
  LenientParser parser;
  std::string text;

  Status fill(const SampleEntry& entry, bool prefilled, Completion& completion) {
    Error changed = infrastructure_error(file.options.path + " has changed since it was opened");
    if (Status read = file.storage.read(entry, text); !read) return read;
    auto value = parser.parse(text);
    if (!value) return changed;
    // Only the texts matter here: the id is the item's, so any key will do for bare texts.
    auto key = value->is_object() ? std::nullopt : std::optional<std::string_view>("");
    auto records = read_records(*value, key, file.rules);
    if (!records) return changed;
    auto [record, sample] = locate(*records, entry.element);
    if (record == nullptr) return changed;
    fill_completion(*record, sample, prefilled, completion);
    return {};
  }
};

RecordedReader::RecordedReader(const RecordedFile& file) : impl_(new Impl{*file.impl_, {}, {}}) {}
RecordedReader::~RecordedReader() = default;

Result<Completion> RecordedReader::read(const WorkItem& item) {
  Completion completion;
  completion.key = item.key;
  completion.prompt_hash = item.prompt_hash;
  const SampleEntry* entry = impl_->file.index.find(item.key.doc_id, item.key.sample_idx);
  if (entry == nullptr) return not_there(std::move(completion), impl_->file.options.path);
  Status filled = impl_->fill(*entry, item_opens_thinking(item), completion);
  if (!filled) return filled.error();
  return completion;
}

namespace {

class RecordedBackend : public Backend {
 public:
  explicit RecordedBackend(const RecordedFile& file) : file_(file) {}

  Description describe() const override {
    Description description;
    description.name = std::filesystem::path(file_.path()).stem().string();
    description.digest = file_.digest();
    description.details["backend"] = "recorded";
    description.details["file"] = file_.path();
    description.details["questions"] = file_.questions().size();
    description.details["samples"] = file_.n_samples();
    return description;
  }

  Status generate(WorkSource& source, CompletionSink& sink) override {
    RecordedReader reader(file_);
    while (auto item = source.next()) {
      if (!source.wanted(item->key)) continue;
      auto completion = reader.read(*item);
      if (!completion) return completion.error();
      sink.wait_for_graders();
      sink.put(std::move(*completion));
    }
    return {};
  }

 private:
  const RecordedFile& file_;
};

} // namespace

std::unique_ptr<Backend> make_recorded_backend(const RecordedFile& file) {
  return std::make_unique<RecordedBackend>(file);
}

} // namespace proctor
