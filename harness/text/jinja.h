// SPDX-License-Identifier: MIT
#pragma once

// The part of the Jinja language that chat templates use, rendered byte for byte as Jinja2 does in the environment of
// Hugging Face transformers (trim_blocks, lstrip_blocks, loop controls, immutable sandbox, tojson without HTML
// escapes, raise_exception, strftime_now). What is not supported is refused when the template is parsed or rendered,
// with its line; docs/chat_templates.md lists what there is.

#include <cstdint>
#include <ctime>
#include <memory>
#include <string>

#include "harness/json.h"
#include "harness/result.h"

namespace proctor {

// A template cannot hang or exhaust the machine: beyond these, rendering is an error.
struct JinjaLimits {
  uint64_t steps = 20'000'000;      // statements run, expressions evaluated, elements and texts visited
  size_t bytes = 256 * 1024 * 1024; // text and list elements made while rendering
  bool absent_is_error = false;     // where an undefined name or none is written out, as "" and "None" otherwise
};

// Immutable; render() may be called from many threads at once.
class JinjaTemplate {
 public:
  // `name` stands in error messages ("NAME:LINE: ..."). On failure: a usage error.
  static Result<JinjaTemplate> parse(std::string source, std::string name);
  JinjaTemplate(JinjaTemplate&&) noexcept;
  JinjaTemplate& operator=(JinjaTemplate&&) noexcept;
  ~JinjaTemplate();

  // `variables`: a JSON object; each member is a name in the template. now: what strftime_now() tells, in UTC; 0: the
  // clock's. On failure, raise_exception() included: a usage error.
  Result<std::string> render(const Json& variables, const JinjaLimits& limits = {}, std::time_t now = 0) const;

  const std::string& source() const;

 private:
  struct Impl;
  explicit JinjaTemplate(std::unique_ptr<const Impl> impl);
  std::unique_ptr<const Impl> impl_;
};

} // namespace proctor
