// SPDX-License-Identifier: MIT
#pragma once

// What confined the programs of a run, for run.json: without it no code verdict can be trusted.

#include <string>
#include <vector>

#include "graders/sandbox/layers.h"
#include "harness/json.h"

namespace proctor {

struct MissingLayer {
  Layer layer;
  int error;        // errno
  std::string hint; // what to do about it
};

// One attempt of the self-test: what a confined process tried, and whether it ended as it must.
struct Probe {
  std::string name, expected, seen;
  bool held = false;
};

struct Attestation {
  int level = 0;
  LayerSet layers;
  std::vector<MissingLayer> missing;
  int landlock_abi = 0;
  std::string kernel;
  std::string user;               // "root" or "uid N"
  bool per_process_memory = false; // no memory cgroup: the limit is RLIMIT_AS of each process
  std::vector<Probe> probes;

  std::string self_test_hash() const; // of layers, kernel and probes
};

Json to_json(const Attestation& attestation);

} // namespace proctor
