// SPDX-License-Identifier: MIT
#include "backends/openai/sse.h"

namespace proctor {

void SseReader::take_line() {
  std::string_view line = line_;
  if (line.starts_with("\xEF\xBB\xBF")) line.remove_prefix(3);
  if (line == "data" || line.starts_with("data:")) {
    line.remove_prefix(std::min<size_t>(5, line.size()));
    if (line.starts_with(' ')) line.remove_prefix(1);
    if (has_data_) data_ += '\n';
    data_ += line;
    has_data_ = true;
  }
  line_.clear();
}

} // namespace proctor
