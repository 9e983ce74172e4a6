// SPDX-License-Identifier: MIT
#include "graders/code/code_text.h"

#include <algorithm>
#include <array>

#include "harness/text/ascii.h"

namespace proctor {
namespace {

struct Fence {
  size_t indent = 0;
  char mark = '`';
  size_t length = 0;
  std::string_view info;
};

// Models indent fences in lists; CommonMark's limit of three columns would lose those blocks.
std::optional<Fence> fence_of(std::string_view line) {
  Fence fence;
  while (fence.indent < line.size() && (line[fence.indent] == ' ' || line[fence.indent] == '\t')) ++fence.indent;
  std::string_view rest = line.substr(fence.indent);
  if (rest.empty() || (rest[0] != '`' && rest[0] != '~')) return std::nullopt;
  fence.mark = rest[0];
  while (fence.length < rest.size() && rest[fence.length] == fence.mark) ++fence.length;
  if (fence.length < 3) return std::nullopt;
  fence.info = trim(rest.substr(fence.length));
  if (fence.mark == '`' && fence.info.find('`') != fence.info.npos) return std::nullopt; // inline code
  return fence;
}

bool closes(const Fence& fence, const Fence& open) {
  return fence.mark == open.mark && fence.length >= open.length && fence.info.empty();
}

std::string language_of(std::string_view info) {
  if (info.starts_with('{')) info.remove_prefix(1); // ```{.python}
  if (info.starts_with('.')) info.remove_prefix(1);
  size_t end = info.find_first_of(" \t{},:;");
  return lower(info.substr(0, end));
}

std::string_view without_indent(std::string_view line, size_t indent) {
  size_t blanks = 0;
  while (blanks < indent && blanks < line.size() && (line[blanks] == ' ' || line[blanks] == '\t')) ++blanks;
  return line.substr(blanks);
}

std::string_view without_return(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

bool is_language(std::string_view name, CodeLanguage language) {
  constexpr std::array<std::string_view, 6> kPython = {"python", "py", "python3", "python2", "py3", "ipython"};
  constexpr std::array<std::string_view, 5> kCpp = {"cpp", "c++", "cc", "cxx", "c"};
  return language == CodeLanguage::python ? std::ranges::count(kPython, name) > 0 : std::ranges::count(kCpp, name) > 0;
}

std::string_view word_at(std::string_view line) {
  size_t end = 0;
  while (end < line.size() && (is_letter(line[end]) || is_digit(line[end]) || line[end] == '_')) ++end;
  return line.substr(0, end);
}

// What only a program says at the left margin.
bool begins_code(std::string_view line, CodeLanguage language) {
  if (language == CodeLanguage::cpp) return line.starts_with("#include") || line.starts_with("using namespace");
  if (line.starts_with('@') && line.size() > 1 && is_letter(line[1])) return true;
  std::string_view word = word_at(line), rest = trim_left(line.substr(word.size()));
  if (word == "def" || word == "class") return rest.find_first_of("(:") != rest.npos;
  if (word == "import") return !rest.empty() && rest.find_first_of(".!?;:") == rest.npos;
  if (word == "from") return rest.find(" import ") != rest.npos;
  return false;
}

// A sentence at the left margin: what a model says after its program.
bool is_prose(std::string_view line) {
  if (line.empty() || is_blank(line[0])) return false;
  if (line.starts_with("**") || line.starts_with("- ") || line.starts_with("###")) return true;
  bool words_only = std::ranges::none_of(line, [](char c) { return std::string_view("=([{\"'#@\\").find(c) != std::string_view::npos; });
  return is_upper(line[0]) && words_only && std::ranges::count(line, ' ') >= 2;
}

std::optional<Extracted> unfenced(std::string_view text, CodeLanguage language) {
  std::string code;
  bool begun = false;
  for (std::string_view line : split(text, '\n')) {
    line = without_return(line);
    begun = begun || begins_code(line, language);
    if (!begun) continue;
    if (is_prose(line)) break;
    code.append(line) += '\n';
  }
  if (!begun) return std::nullopt;
  return Extracted{std::string(trim_right(code)) + "\n", "unfenced", false};
}

std::optional<Extracted> tagged(std::string_view text) {
  constexpr std::string_view kOpen = "[PYTHON]", kClose = "[/PYTHON]";
  size_t close = text.rfind(kClose);
  size_t open = text.rfind(kOpen, close);
  if (open == text.npos) return std::nullopt;
  size_t begin = open + kOpen.size();
  size_t length = close == text.npos || close < begin ? text.npos : close - begin;
  std::string_view code = text.substr(begin, length);
  while (code.starts_with('\n') || code.starts_with('\r')) code.remove_prefix(1);
  return Extracted{std::string(trim_right(code)) + "\n", "code_tag", length != text.npos};
}

std::vector<FencedBlock> in_language(std::vector<FencedBlock> blocks, CodeLanguage language) {
  auto keep = [&](auto wanted) {
    std::vector<FencedBlock> kept;
    for (const FencedBlock& block : blocks)
      if (wanted(block) && !trim(block.content).empty()) kept.push_back(block);
    return kept;
  };
  auto ours = keep([&](const FencedBlock& block) { return is_language(block.language, language); });
  if (!ours.empty()) return ours;
  return keep([](const FencedBlock& block) { return block.language.empty(); });
}

} // namespace

std::vector<FencedBlock> fenced_blocks(std::string_view text) {
  std::vector<FencedBlock> blocks;
  std::optional<Fence> open;
  for (std::string_view line : split(text, '\n')) {
    line = without_return(line);
    auto fence = fence_of(line);
    if (open && fence && closes(*fence, *open)) {
      blocks.back().closed = true;
      open.reset();
    } else if (open) {
      blocks.back().content.append(without_indent(line, open->indent)) += '\n';
    } else if (fence) {
      open = fence;
      blocks.push_back({language_of(fence->info), "", false});
    }
  }
  return blocks;
}

bool defines(std::string_view program, std::string_view name) {
  for (std::string_view line : split(program, '\n')) {
    if (line.starts_with("async ")) line = trim_left(line.substr(6));
    for (std::string_view keyword : {"def ", "class "}) {
      if (!line.starts_with(keyword)) continue;
      if (word_at(trim_left(line.substr(keyword.size()))) == name) return true;
    }
    if (line.starts_with(name) && trim_left(line.substr(name.size())).starts_with('=')) return true; // f = lambda ...
  }
  return false;
}

std::optional<Extracted> extract_code(std::string_view answer, CodeLanguage language, std::string_view entry_point) {
  auto blocks = in_language(fenced_blocks(answer), language);
  if (blocks.empty()) {
    auto code = language == CodeLanguage::python ? tagged(answer) : std::nullopt;
    return code ? code : unfenced(answer, language);
  }
  auto best = blocks.rbegin();
  if (language == CodeLanguage::python && !entry_point.empty()) {
    auto defining = std::find_if(blocks.rbegin(), blocks.rend(), [&](auto& block) { return defines(block.content, entry_point); });
    if (defining != blocks.rend()) best = defining;
  }
  return Extracted{std::move(best->content), best->closed ? "code_block" : "open_code_block", best->closed};
}

std::string_view cut_continuation(std::string_view text, bool& cut) {
  constexpr std::array<std::string_view, 7> kStops = {"\nclass ", "\ndef ", "\n#", "\n@", "\nprint", "\nif ", "\n```"};
  size_t end = text.npos;
  for (std::string_view stop : kStops) end = std::min(end, text.find(stop));
  cut = end != text.npos;
  return cut ? text.substr(0, end + 1) : text;
}

std::string includes_of(std::string_view prompt) {
  std::string lines;
  for (std::string_view line : split(prompt, '\n'))
    if (line.starts_with("#include") || line.starts_with("using ")) lines.append(line) += '\n';
  return lines;
}

} // namespace proctor
