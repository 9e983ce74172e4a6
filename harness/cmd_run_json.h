// SPDX-License-Identifier: MIT
#pragma once

// run.json: what was asked and what answered.

#include <functional>
#include <string>

#include "harness/cmd_evaluate.h"
#include "harness/json.h"
#include "reports/pricing.h"

namespace proctor {

// 12 hex digits over what must be equal for samples to be reused: the model, system text, seed and sampling.
std::string run_identity(const EvaluateRequest& request, const Description& model);

// Whether the log has the first n samples of every question of a task, of those that are asked now too.
using Held = std::function<bool(const std::string& task, int n)>;

// The whole document; `before` is the run.json of an earlier session, or null: its tasks and counts are kept and
// widened, its seconds carried on.
Json make_run_json(const EvaluateRequest& request, const Description& model, const std::string& id,
                   const Json& before, const Pricing& pricing, const Held& held);

// How a session, or a run so far, takes the samples of a task: of the task's plan in run.json.
SessionPlan session_plan(const Json& plan);
void set_adaptive(Json& plan, const std::optional<AdaptivePlan>& adaptive);

// What confined the programs: layers, kernel, limits, self-test; nullopt where none was run.
std::optional<Json> sandbox_json(const CodeSandbox& sandbox);

// "proctor run -t ..." as typed, with values of secret-looking keys replaced.
std::string typed_command();

// The graders of a task of a run: those of its task file as run.json keeps it, else the catalog's. On failure: a usage error.
Result<Graders> graders_in_run(const Json& run, const std::string& task, const GraderOptions& options = {});

// Whether they need the sandbox.
bool runs_code_in_run(const Json& run, const std::string& task);

} // namespace proctor
