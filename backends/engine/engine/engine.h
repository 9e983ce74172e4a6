// SPDX-License-Identifier: MIT
#pragma once

// The generating loop over token ids: takes requests as there is room, computes step after step, hands out tokens.
// Text is elsewhere (engine_backend.h).
//
// Where the device can (Ops::runs_ahead), a step is begun before the tokens of the one before it are read, so that the
// device does not wait for the host. Which step a row is computed in changes no bit of it; a sequence that its client
// stops has then computed one row in vain.

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>

#include "backends/engine/engine/scheduler.h"
#include "backends/engine/model/load.h"

namespace proctor {

enum class EngineDevice { automatic, cpu, cuda }; // automatic: CUDA where it can be had, else the processors

struct EngineOptions {
  EngineDevice device = EngineDevice::cpu;
  int threads = 0;                // 0: all that this process may use
  int max_running = 0;            // sequences in flight; 0: 32 on the processors, 256 on a GPU
  std::optional<bool> bf16_pages; // absent: BF16 unless the weights are F32. On CUDA always BF16 but for:
  bool e4m3_pages = false;        // 8-bit pages; CUDA only
  size_t page_memory = 0;         // bytes; 0: what the device can spare, and not more than can be used
  int prefill_rows = 0;           // prompt tokens in one step; 0: 256 on the processors, 2048 on a GPU
};

struct Request {
  int64_t id = 0;
  std::vector<int32_t> prompt; // at least one id
  Sampling sampling;
  uint64_t seed = 0;
};

enum class TokenVerdict { go_on, stop };

// The weights give logits that are NaN or infinite.
struct LogitsNotFinite : std::runtime_error {
  LogitsNotFinite() : std::runtime_error("the model's logits are not finite: its weights are damaged, or its type overflows; get the files again") {}
};

// Where requests come from and where tokens go. Called from the thread that runs the engine only.
class TokenClient {
 public:
  virtual ~TokenClient() = default;
  virtual std::optional<Request> next() = 0;                      // nullopt: none now; asked again when there is room
  virtual bool wanted(int64_t id) = 0;                            // false: drop it, without a word
  virtual TokenVerdict token(int64_t id, const Drawn& drawn) = 0; // in order; an id of the model's eos must stop
  virtual void cut(int64_t id) = 0;                               // ended by max_tokens or the context's length
  virtual void no_room(int64_t id) = 0; // the pages hold no more of one sequence: how it would have ended is not known

  // Before the tokens of a step: this request's share of the time that the step took, by rows. A step that only draws
  // tokens is shared equally; a prompt pays for its length. The shares of a step are the whole of it, but for a step all of
  // whose sequences have ended.
  virtual void charge(int64_t, double /*seconds*/) {}
};

// What the engine has done so far.
struct EngineStats {
  uint64_t steps = 0, generated = 0, prefilled = 0, shared = 0; // tokens; shared: prompt tokens not computed again
  uint64_t swapped_out = 0;                                     // pages
  uint64_t bytes_read = 0;                                      // weights and pages, from memory
  double seconds = 0, cpu_seconds = 0;                          // in steps
  double device_seconds = 0;                                    // of a GPU, by its own clock
  double fill_sum = 0, running_sum = 0;                         // over steps: share of pages used, sequences
};

class Engine {
 public:
  // Packs the weights. weights: must outlive the engine. On failure: no memory for even two pages, or the device is not
  // to be had, and which part of it is missing.
  static Result<std::unique_ptr<Engine>> make(const ModelWeights& weights, EngineOptions options);

  // The same on a device of the caller's.
  static Result<std::unique_ptr<Engine>> make_on(std::unique_ptr<Ops> ops, const ModelWeights& weights,
                                                 EngineOptions options);

  // Until the client has no more requests and all are done. Throws std::runtime_error where a device fails, and
  // LogitsNotFinite instead of handing out a token of such logits.
  void run(TokenClient& client);

  // Positions of one sequence that there are pages for: less than the model's context where memory is short.
  int32_t room() const;
  const ModelConfig& config() const { return model_.config; }
  int threads() const { return threads_; }
  int32_t n_pages() const { return pool_->size(); }
  size_t page_bytes() const { return ops_->page_bytes(); }
  DeviceReport device() const { return ops_->device(); }
  const std::string& fallback() const { return fallback_; } // why `automatic` took the processors; empty: it did not
  EngineStats stats() const; // from any thread

  // Logits after each of the tokens, computed in one go from an empty context; for tests and measurements.
  std::vector<std::vector<float>> logits(const std::vector<int32_t>& tokens);

 private:
  Engine() = default;
  struct Clock {
    double wall = 0, cpu = 0; // seconds
    static Clock now();
  };
  struct Begun { // a step whose result was not read
    StepPlan plan;
    Clock since;
  };
  void take_requests(TokenClient& client);
  void copy_pages(const std::vector<PageCopy>& copies);
  std::optional<Begun> begin_step();
  void finish_step(const Begun& step, TokenClient& client);
  void charge(const StepPlan& plan, double seconds, TokenClient& client);
  void deliver(const StepPlan& plan, const StepResult& result, TokenClient& client);
  void count(const StepPlan& plan, const StepResult& result, const Clock& taken);
  bool is_cut(const Sequence& sequence, int32_t length) const;

  std::unique_ptr<Ops> ops_;
  std::string fallback_;
  DeviceModel model_;
  std::unique_ptr<KvPool> pool_;
  std::unique_ptr<Scheduler> scheduler_;
  int threads_ = 1;
  Clock last_; // when the last step was finished
  std::vector<int64_t> done_;
  mutable std::mutex mutex_; // guards stats_
  EngineStats stats_;
};

} // namespace proctor
