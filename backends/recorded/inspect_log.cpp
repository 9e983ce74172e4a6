// SPDX-License-Identifier: MIT
#include "backends/recorded/inspect_log.h"

#include <fmt/format.h>
#include <zip.h>
#include <zstd.h>

namespace proctor {
namespace {

constexpr uint16_t kZstandard = 93; // ZIP_CM_ZSTD of newer libzips
constexpr size_t kInflateBlock = size_t{1} << 18;
constexpr size_t kMostBytes = (size_t{1} << 32) - 1; // of one sample; also simdjson's limit

struct CloseEntry {
  void operator()(zip_file_t* file) const { zip_fclose(file); }
};
using EntryFile = std::unique_ptr<zip_file_t, CloseEntry>;

std::string message_of(int code) {
  zip_error_t error;
  zip_error_init_with_code(&error, code);
  std::string text = zip_error_strerror(&error);
  zip_error_fini(&error);
  return text;
}

Error damaged(const std::string& path, std::string_view what) {
  return usage_error(fmt::format("cannot read {}: {}", path, what));
}

Result<std::string> unzstd(const std::string& packed, const std::string& place) {
  std::unique_ptr<ZSTD_DStream, size_t (*)(ZSTD_DStream*)> stream(ZSTD_createDStream(), ZSTD_freeDStream);
  std::string text, buffer(ZSTD_DStreamOutSize(), '\0');
  ZSTD_inBuffer input{packed.data(), packed.size(), 0};
  size_t left = 0;
  bool full = false; // the output buffer was filled: more may wait inside the stream
  while (input.pos < input.size || full) {
    ZSTD_outBuffer output{buffer.data(), buffer.size(), 0};
    left = ZSTD_decompressStream(stream.get(), &output, &input);
    if (ZSTD_isError(left) || text.size() + output.pos > kMostBytes) return damaged(place, "damaged zstd data");
    text.append(buffer.data(), output.pos);
    full = output.pos == output.size;
  }
  if (left != 0) return damaged(place, "zstd data ends too early");
  return text;
}

} // namespace

void InspectArchive::Close::operator()(zip* archive) const { zip_discard(archive); }

bool InspectArchive::is_zip(std::string_view first_bytes) {
  return first_bytes.starts_with("PK\x03\x04") || first_bytes.starts_with("PK\x05\x06");
}

Result<InspectArchive> InspectArchive::open(const std::string& path) {
  InspectArchive log;
  int code = 0;
  log.archive_.reset(zip_open(path.c_str(), ZIP_RDONLY, &code));
  if (!log.archive_) return damaged(path, message_of(code) + " (an .eval log that was cut off: inspect log recover)");
  log.path_ = path;
  zip_int64_t n = zip_get_num_entries(log.archive_.get(), 0);
  for (zip_uint64_t i = 0; i < static_cast<zip_uint64_t>(n); ++i) {
    zip_stat_t info;
    if (zip_stat_index(log.archive_.get(), i, 0, &info) != 0) continue;
    std::string_view name = info.name;
    if (name.starts_with("samples/") && name.ends_with(".json"))
      log.samples_.push_back({i, std::string(name), static_cast<uint32_t>(info.crc)});
  }
  if (log.samples_.empty()) return damaged(path, "a zip archive without samples/*.json, so no Inspect log");
  return log;
}

Status InspectArchive::read(uint64_t number, std::string& out) const {
  zip_stat_t info;
  std::string place = fmt::format("{}: entry {}", path_, number);
  if (zip_stat_index(archive_.get(), number, 0, &info) != 0) return damaged(place, "no such entry");
  place = fmt::format("{}: {}", path_, info.name);
  bool is_zstd = info.comp_method == kZstandard;
  EntryFile file(zip_fopen_index(archive_.get(), number, is_zstd ? ZIP_FL_COMPRESSED : 0));
  if (!file) return damaged(place, zip_strerror(archive_.get()));
  out.clear();
  std::string block(kInflateBlock, '\0');
  for (;;) {
    zip_int64_t n = zip_fread(file.get(), block.data(), block.size());
    if (n < 0) return damaged(place, zip_file_strerror(file.get()));
    if (n == 0) break;
    if (out.size() + static_cast<size_t>(n) > kMostBytes) return damaged(place, "larger than 4 GB");
    out.append(block.data(), static_cast<size_t>(n));
  }
  if (!is_zstd) return {};
  auto text = unzstd(out, place);
  if (!text) return text.error();
  out = std::move(*text);
  return {};
}

} // namespace proctor
