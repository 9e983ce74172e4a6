// SPDX-License-Identifier: MIT
#include "backends/recorded/document.h"

#include <algorithm>
#include <fmt/format.h>

#include "harness/text/ascii.h"

namespace proctor {
namespace {

constexpr size_t kBlock = size_t{1} << 20;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

Error at_line(const FileBytes& file, uint64_t line, const Error& error) {
  return in_context(fmt::format("{}:{}", file.path(), line), error);
}

// Calls use(block) from `offset` on until it says false or the file ends.
template <class Use> Status for_each_block(const FileBytes& file, uint64_t offset, Use use) {
  std::string block;
  for (; offset < file.size(); offset += block.size()) {
    if (Status read = file.read(offset, kBlock, block); !read) return read;
    Result<bool> more = use(std::string_view(block));
    if (!more) return more.error();
    if (!*more) break;
  }
  return {};
}

Result<uint64_t> start_of(const FileBytes& file) {
  std::string head;
  if (Status read = file.read(0, kByteOrderMark.size(), head); !read) return read.error();
  return head == kByteOrderMark ? kByteOrderMark.size() : 0;
}

// Visits the elements of the container at `span`; its errors name FILE:LINE, the visitor's come back as they are.
Status scan(const FileBytes& file, const JsonSpan& span, bool until_end, const ElementVisitor& visit) {
  ElementScanner scanner(span.offset, span.line, until_end);
  bool visitor_failed = false;
  ElementVisitor watched = [&](const JsonElement& element) {
    Status status = visit(element);
    visitor_failed = !status;
    return status;
  };
  Status fed = for_each_block(file, span.offset, [&](std::string_view block) -> Result<bool> {
    if (Status status = scanner.feed(block, watched); !status)
      return visitor_failed ? status.error() : at_line(file, scanner.line(), status.error());
    return until_end || !scanner.done();
  });
  if (!fed) return fed;
  if (Status ended = scanner.finish(); !ended) return at_line(file, scanner.line(), ended.error());
  return {};
}

Result<FileShape> shape_of(const FileBytes& file, uint64_t start) {
  ShapeFinder finder;
  Status read = for_each_block(file, start, [&](std::string_view block) -> Result<bool> {
    finder.feed(block);
    return !finder.decided();
  });
  if (!read) return read.error();
  return finder.finish();
}

} // namespace

Result<RecordDocument> RecordDocument::open(const FileBytes& file, const KeyMap& map) {
  auto start = start_of(file);
  if (!start) return start.error();
  auto shape = shape_of(file, *start);
  if (!shape) return shape.error();
  RecordDocument document(file);
  document.container_ = {*start, file.size() - *start, 1};
  switch (*shape) {
  case FileShape::blank: return usage_error(fmt::format("{} is empty: it holds no completions", file.path()));
  case FileShape::lines: document.kind_ = Kind::lines; break;
  case FileShape::array: document.kind_ = Kind::array; break;
  case FileShape::object:
    if (Status read = document.read_members(map); !read) return read.error();
  }
  return document;
}

Status RecordDocument::read_members(const KeyMap& map) {
  members_.clear();
  Status scanned = scan(*file_, container_, true, [&](const JsonElement& member) {
    members_.push_back(member);
    return Status();
  });
  return scanned ? classify(map) : scanned;
}

// One object is an Inspect log, EvalPlus' results, a single record, or a map from ids to texts.
Status RecordDocument::classify(const KeyMap& map) {
  auto find = [&](std::string_view key) {
    return std::find_if(members_.begin(), members_.end(), [&](auto& member) {
      return std::string_view(member.key).substr(1, member.key.size() - 2) == key;
    });
  };
  auto has = [&](std::string_view key) { return find(key) != members_.end(); };
  auto samples = find("samples");
  if (samples != members_.end() && samples->first == '[' && has("eval")) {
    kind_ = Kind::inspect;
    container_ = samples->value;
    return {};
  }
  bool has_scalar = false, has_known = false;
  for (const JsonElement& member : members_) {
    has_scalar = has_scalar || (member.first != '"' && member.first != '[' && member.first != '{');
    has_known = has_known || is_known_key(std::string_view(member.key).substr(1, member.key.size() - 2));
  }
  auto results = find("eval");
  if (results != members_.end() && results->first == '{' && has("hash")) {
    kind_ = Kind::members;
    container_ = results->value;
    members_.clear();
    return scan(*file_, container_, false, [&](const JsonElement& member) {
      members_.push_back(member);
      return Status();
    });
  }
  kind_ = has_scalar || has_known || looks_like_record(has, map) ? Kind::record : Kind::members;
  return {};
}

Status RecordDocument::visit(Hasher& hasher, const TextVisitor& visitor) const {
  if (kind_ == Kind::lines) return visit_lines(hasher, visitor);
  if (Status hashed = hash_all(hasher); !hashed) return hashed;
  if (kind_ == Kind::members) return visit_members(visitor);
  if (kind_ != Kind::record) return visit_container(container_, kind_ == Kind::array, visitor);
  std::string buffer;
  return visit_element({"", container_, '{'}, visitor, buffer);
}

Status RecordDocument::hash_all(Hasher& hasher) const {
  return for_each_block(*file_, 0, [&](std::string_view block) -> Result<bool> {
    hasher.bytes(block);
    return true;
  });
}

Status RecordDocument::visit_lines(Hasher& hasher, const TextVisitor& visitor) const {
  LineReader reader(*file_);
  std::string buffer;
  for (;;) {
    std::string_view line;
    auto more = reader.next(line);
    if (!more) return more.error();
    if (!*more) return {};
    hasher.bytes(line).bytes("\n");
    if (trim(line).empty()) continue;
    buffer.assign(line);
    RecordText text{std::nullopt, {reader.offset(), line.size(), reader.number()}, reader.torn()};
    if (Status visited = visitor(text, buffer); !visited) return visited;
  }
}

Status RecordDocument::visit_members(const TextVisitor& visitor) const {
  std::string buffer;
  for (const JsonElement& member : members_)
    if (Status visited = visit_element(member, visitor, buffer); !visited) return visited;
  return {};
}

Status RecordDocument::visit_container(const JsonSpan& span, bool until_end, const TextVisitor& visitor) const {
  std::string buffer;
  return scan(*file_, span, until_end,
              [&](const JsonElement& element) { return visit_element(element, visitor, buffer); });
}

Status RecordDocument::visit_element(const JsonElement& element, const TextVisitor& visitor,
                                     std::string& buffer) const {
  RecordText text{std::nullopt, element.value, false};
  if (!element.key.empty()) {
    auto key = parse_json(element.key, "key");
    text.key = key && key->is_string() ? *scalar_text(*key) : element.key;
  }
  if (Status read = file_->read(element.value.offset, static_cast<size_t>(element.value.length), buffer); !read)
    return read;
  return visitor(text, buffer);
}

} // namespace proctor
