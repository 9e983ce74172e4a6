// SPDX-License-Identifier: MIT
#pragma once

// The command line: commands, their options, help, and what is wrong with what was typed. CLI11 does the parsing and
// stays inside cmd_line.cpp.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harness/result.h"

namespace proctor {

// An option that was just added, to say more about it.
class OptionRef {
 public:
  OptionRef& value_name(const std::string& name); // in help: "FILE"
  OptionRef& required();
  OptionRef& show_default(); // the field's current value
  OptionRef& one_each();     // a list that takes one value per occurrence
  OptionRef& positive();     // a number above 0
  OptionRef& share();        // a number from 0 to 1

 private:
  friend class CommandLine;
  explicit OptionRef(void* option) : option_(option) {}
  void* option_;
};

struct OptionInfo {
  std::vector<std::string> names; // "-t", "--tasks"; of a positional its name alone
  bool positional = false;
  std::string value_name; // empty for flags
  std::string help;
  std::string default_value; // empty: none that help shows
};

// An option with what was typed for it, or with the default that help shows.
struct OptionValue {
  std::string name; // its first long name, without dashes
  bool flag = false;
  bool list = false;
  bool typed = false; // else `values` is its default
  std::vector<std::string> values; // empty: neither typed nor with a default; of a flag: one when it was typed
};

struct CommandInfo {
  std::string name;
  std::string summary;
  std::vector<OptionInfo> options;
};

class Program;

// One command. Names are comma-separated, "-t,--tasks"; without a dash it is a positional. Fields are filled by
// Program::parse and must live as long.
class CommandLine {
 public:
  OptionRef option(const std::string& names, std::string& field, const std::string& help);
  OptionRef option(const std::string& names, std::vector<std::string>& field, const std::string& help);
  OptionRef option(const std::string& names, int& field, const std::string& help);
  OptionRef option(const std::string& names, uint64_t& field, const std::string& help);
  OptionRef option(const std::string& names, double& field, const std::string& help);
  OptionRef option(const std::string& names, std::optional<std::string>& field, const std::string& help);
  OptionRef option(const std::string& names, std::optional<int>& field, const std::string& help);
  OptionRef option(const std::string& names, std::optional<double>& field, const std::string& help);
  OptionRef flag(const std::string& names, bool& field, const std::string& help);
  // A flag that may have a value: empty text when its name stands alone.
  OptionRef flag_or_option(const std::string& names, std::optional<std::string>& field, const std::string& help);
  // What follows `--` is another program's: it goes there unread.
  void rest(std::vector<std::string>& words) { rest_ = &words; }
  void examples(const std::string& text); // shown below the options

  const Program& program() const { return program_; }
  std::vector<OptionValue> values() const; // of every option, after Program::parse

 private:
  friend class Program;
  CommandLine(void* app, const Program& program) : app_(app), program_(program) {}
  void* app_;
  const Program& program_;
  std::vector<std::string>* rest_ = nullptr;
};

class Program {
 public:
  Program(const std::string& name, const std::string& summary, const std::string& version, const std::string& examples);
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  CommandLine& add(const std::string& name, const std::string& summary);
  std::vector<CommandInfo> commands() const;

  // The name of the command that was typed; nullopt when help or the version was printed instead. On failure: a usage
  // error with the nearest names.
  Result<std::optional<std::string>> parse(int argc, char** argv);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

} // namespace proctor
