// SPDX-License-Identifier: MIT
#include "tasks/livecodebench_tests.h"

#include <fmt/format.h>
#include <zlib.h>

#include "harness/text/ascii.h"

namespace proctor {
namespace {

constexpr size_t kMostBytes = size_t{1} << 30;

int base64_value(char c) {
  if (is_upper(c)) return c - 'A';
  if (is_lower(c)) return c - 'a' + 26;
  if (is_digit(c)) return c - '0' + 52;
  if (c == '+') return 62;
  return c == '/' ? 63 : -1;
}

Result<std::string> decode_base64(std::string_view text) {
  std::string bytes;
  unsigned bits = 0, held = 0;
  for (char c : text) {
    if (c == '=' || is_blank(c)) continue;
    int value = base64_value(c);
    if (value < 0) return usage_error("the hidden tests are neither JSON nor base64");
    held = held << 6 | static_cast<unsigned>(value);
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes += static_cast<char>(held >> bits & 0xFF);
  }
  return bytes;
}

Result<std::string> inflate_bytes(const std::string& bytes) {
  z_stream stream{};
  if (inflateInit(&stream) != Z_OK) return usage_error("zlib cannot be started");
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  std::string text, part(size_t{1} << 16, '\0');
  int state = Z_OK;
  while (state == Z_OK && text.size() < kMostBytes) {
    stream.next_out = reinterpret_cast<Bytef*>(part.data());
    stream.avail_out = static_cast<uInt>(part.size());
    state = inflate(&stream, Z_NO_FLUSH);
    text.append(part, 0, part.size() - stream.avail_out);
  }
  inflateEnd(&stream);
  if (state != Z_STREAM_END) return usage_error("the hidden tests are damaged: zlib cannot read them");
  return text;
}

// Reads little-endian numbers and texts from the front.
class PickleReader {
 public:
  explicit PickleReader(std::string_view bytes) : rest_(bytes) {}
  bool at_end() const { return rest_.empty(); }
  bool skip(size_t n) {
    if (rest_.size() < n) return false;
    rest_.remove_prefix(n);
    return true;
  }
  std::optional<uint64_t> number(size_t n) {
    if (rest_.size() < n) return std::nullopt;
    uint64_t value = 0;
    for (size_t i = n; i-- > 0;) value = value << 8 | static_cast<unsigned char>(rest_[i]);
    rest_.remove_prefix(n);
    return value;
  }
  std::optional<std::string> text(size_t length_bytes) {
    auto length = number(length_bytes);
    if (!length || rest_.size() < *length) return std::nullopt;
    std::string text(rest_.substr(0, *length));
    rest_.remove_prefix(*length);
    return text;
  }

 private:
  std::string_view rest_;
};

// Opcodes of the pickle protocol (Python's pickletools).
constexpr unsigned kProto = 0x80, kFrame = 0x95, kMemoize = 0x94, kBinput = 'q', kLongBinput = 'r', kStop = '.';
constexpr unsigned kShortUnicode = 0x8C, kUnicode = 'X', kUnicode8 = 0x8D;

size_t length_bytes(unsigned opcode) { return opcode == kShortUnicode ? 1 : opcode == kUnicode ? 4 : 8; }

size_t skipped_bytes(unsigned opcode) {
  if (opcode == kProto || opcode == kBinput) return 1;
  if (opcode == kLongBinput) return 4;
  return opcode == kFrame ? 8 : 0;
}

} // namespace

Result<std::string> unpickle_text(std::string_view pickle) {
  PickleReader reader(pickle);
  std::optional<std::string> text;
  while (auto byte = reader.number(1)) {
    auto opcode = static_cast<unsigned>(*byte);
    if (opcode == kStop && text && reader.at_end()) return *text;
    bool is_text = opcode == kShortUnicode || opcode == kUnicode || opcode == kUnicode8;
    bool is_skipped = opcode == kProto || opcode == kBinput || opcode == kLongBinput || opcode == kFrame || opcode == kMemoize;
    if (is_text && !text) {
      text = reader.text(length_bytes(opcode));
      if (!text) return usage_error("the pickle of the hidden tests ends in the middle of a text");
    } else if (!is_skipped || !reader.skip(skipped_bytes(opcode))) {
      return usage_error(fmt::format("the pickle of the hidden tests holds more than one text (opcode {:#04x}); it is not read", opcode));
    }
  }
  return usage_error("the pickle of the hidden tests has no end");
}

Result<Json> decode_livecodebench_tests(std::string_view text) {
  text = trim(text);
  if (text.empty()) return Json(Json::array());
  if (text.front() == '[') return parse_json(text, "hidden tests");
  auto packed = decode_base64(text);
  if (!packed) return packed.error();
  auto pickle = inflate_bytes(*packed);
  if (!pickle) return pickle.error();
  auto json = unpickle_text(*pickle);
  if (!json) return json.error();
  return parse_json(*json, "hidden tests");
}

} // namespace proctor
