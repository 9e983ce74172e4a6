// SPDX-License-Identifier: MIT
#pragma once

// How to add a backend: it pulls an item when it has room for one and puts what came, in any order. This one always
// answers the same.

#include "harness/backend.h"
#include "harness/text/think_split.h"

namespace proctor {

class ConstantBackend final : public Backend {
 public:
  explicit ConstantBackend(std::string reply) : reply_(std::move(reply)) {}

  // The digest is part of a run's identity: another reply never resumes this run.
  Description describe() const override { return {"constant", "constant/" + reply_, "", Json::object()}; }

  Status generate(WorkSource& source, CompletionSink& sink) override {
    while (auto item = source.next()) {
      if (!source.wanted(item->key)) continue; // a gate or a vote may have been settled meanwhile
      Completion completion;
      completion.key = item->key;
      completion.prompt_hash = item->prompt_hash;
      completion.seed = item->seed;
      completion.text = reply_;
      completion.finish_reason = FinishReason::stop;
      apply_split(completion, false); // thinking and answer apart; true when the prompt had opened the thinking
      sink.put(std::move(completion));
    }
    return {};
  }

 private:
  std::string reply_;
};

} // namespace proctor
