// SPDX-License-Identifier: MIT
#include "harness/cmd_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <fmt/format.h>

#include "harness/text/ascii.h"
#include "harness/text/nearest.h"
#include "harness/text/number.h"

namespace proctor {
namespace {

CLI::Option* as_option(void* option) { return static_cast<CLI::Option*>(option); }
CLI::App* as_app(void* app) { return static_cast<CLI::App*>(app); }

OptionInfo info_of(const CLI::Option& option) {
  OptionInfo info;
  for (const std::string& name : option.get_snames()) info.names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) info.names.push_back("--" + name);
  info.positional = info.names.empty();
  if (info.positional) info.names.push_back(option.get_name());
  if (option.get_items_expected_max() > 0) info.value_name = option.get_type_name();
  info.help = option.get_description();
  info.default_value = option.get_default_str();
  return info;
}

OptionValue value_of(const CLI::Option& option) {
  const auto& names = option.get_lnames();
  bool list = option.get_items_expected_max() > 1 || option.get_multi_option_policy() == CLI::MultiOptionPolicy::TakeAll;
  OptionValue value{names.empty() ? option.get_name() : names.front(), option.get_items_expected_max() == 0, list, option.count() > 0, option.results()};
  if (value.values.empty() && !option.get_default_str().empty()) value.values = {option.get_default_str()};
  return value;
}

CommandInfo info_of(const CLI::App& app) {
  CommandInfo info{app.get_name(), app.get_description(), {}};
  for (const CLI::Option* option : app.get_options()) info.options.push_back(info_of(*option));
  return info;
}

std::vector<std::string> option_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const OptionInfo& option : info_of(app).options)
    if (!option.positional) names.insert(names.end(), option.names.begin(), option.names.end());
  return names;
}

std::vector<std::string> command_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* sub : app.get_subcommands({})) names.push_back(sub->get_name());
  return names;
}

// What is wrong with the first word that nobody knows, and what may have been meant; empty when every word is known.
std::string unknown_word(const CLI::App& app) {
  const CLI::App* at = &app;
  while (!at->get_subcommands().empty()) at = at->get_subcommands().front();
  std::vector<std::string> extras = at->remaining();
  if (extras.empty()) extras = app.remaining(true);
  if (extras.empty()) return {};
  std::string name = extras.front().substr(0, extras.front().find('='));
  bool option = name.starts_with('-');
  std::string what = option ? "unknown option" : at == &app ? "unknown command" : "unexpected argument";
  std::string where = at == &app ? "proctor" : "proctor " + at->get_name();
  std::vector<std::string> known = option ? option_names(*at) : at == &app ? command_names(*at) : std::vector<std::string>();
  return fmt::format("{} {}{} (see {} --help)", what, name, did_you_mean(name, known), where);
}

// The first option of the command that has to be typed and was not; empty when there is none.
std::string unfilled_option(const CLI::App& app) {
  for (const CLI::App* command : app.get_subcommands())
    for (const CLI::Option* option : command->get_options()) {
      if (!option->get_required() || option->count() > 0) continue;
      OptionInfo info = info_of(*option);
      std::string spelled = info.positional ? info.value_name : option->get_name() + " " + info.value_name;
      return fmt::format("{} is wanted: {} (see proctor {} --help)", spelled, info.help, command->get_name());
    }
  return {};
}

// An option that was typed more often than it may be; empty when there is none. The last one would win silently.
std::string repeated_option(const CLI::App& app) {
  for (const CLI::App* command : app.get_subcommands())
    for (const CLI::Option* option : command->get_options()) {
      int most = std::max(1, option->get_items_expected_max()), count = static_cast<int>(option->count());
      if (count > most) return fmt::format("{} is given {} times, {} is wanted", option->get_name(), count, most == 1 ? "one value" : fmt::format("{}", most));
    }
  return {};
}

// A flag that was typed with a value ("--adaptive=2"), which CLI11 refuses; empty when there is none.
std::string valued_flag(const CLI::App& app, int argc, char** argv) {
  for (const CLI::App* command : app.get_subcommands())
    for (int i = 1; i < argc; ++i) {
      const std::string word = argv[i], name = word.substr(0, word.find('='));
      const CLI::Option* option = word == name || word == name + "=true" ? nullptr : command->get_option_no_throw(name);
      if (option != nullptr && option->get_items_expected_max() == 0) return fmt::format("{}: {} takes no value, its name alone turns it on", word, name);
    }
  return {};
}

// why: empty when the text is good. Validators of CLI11 see the text before it is converted.
void check_text(void* option, std::string (*why)(std::string_view)) {
  as_option(option)->check(CLI::Validator([why](std::string& text) { return why(text); }, ""));
}

// Says `wanted` of a text that is not a T.
template <class T> void check_number(void* option, const char* wanted) {
  as_option(option)->check(CLI::Validator([wanted](std::string& text) { return std::string(parse_number<T>(text) ? "" : wanted); }, ""));
}
void check_type(void* option, const int&) { check_number<int>(option, "a whole number is wanted"); }
void check_type(void* option, const uint64_t&) { check_number<uint64_t>(option, "a whole number from 0 is wanted"); }
void check_type(void* option, const double&) { check_number<double>(option, "a number is wanted"); }
void check_type(void*, const std::string&) {}
void check_type(void*, const std::vector<std::string>&) {}
template <class T> void check_type(void* option, const std::optional<T>&) { check_type(option, T()); }

// A word that would silently mean something else: an unset shell variable, or "--limit=", which takes the next word.
std::string empty_word(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    std::string_view word = argv[i];
    if (word == "--") break; // what follows is another program's
    if (word.empty()) return fmt::format("argument {} is empty (an unset variable?)", i);
    if (word.starts_with("--") && word.ends_with('=')) return fmt::format("{} has no value (an unset variable?)", word);
  }
  return {};
}

// The words behind `--`; argc then counts those before it.
std::vector<std::string> cut_rest(int& argc, char** argv) {
  char** const end = argv + argc;
  char** const dashes = std::find(argv, end, std::string_view("--"));
  argc = static_cast<int>(dashes - argv);
  return dashes == end ? std::vector<std::string>() : std::vector<std::string>(dashes + 1, end);
}

template <class T>
void* add_option(void* app, const std::string& names, T& field, const std::string& help) {
  void* added = as_app(app)->add_option(names, field, help);
  check_type(added, field);
  return added;
}

} // namespace

OptionRef& OptionRef::value_name(const std::string& name) {
  as_option(option_)->type_name(name);
  return *this;
}

OptionRef& OptionRef::required() {
  as_option(option_)->required();
  return *this;
}

OptionRef& OptionRef::show_default() {
  as_option(option_)->capture_default_str();
  return *this;
}

OptionRef& OptionRef::one_each() {
  as_option(option_)->expected(1)->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)->allow_extra_args(false);
  return *this;
}

OptionRef& OptionRef::positive() {
  check_text(option_, [](std::string_view text) {
    bool whole = !text.empty() && std::all_of(text.begin(), text.end(), is_digit) && text.find_first_not_of('0') != text.npos;
    return std::string(whole ? "" : "a whole number from 1 is wanted");
  });
  return *this;
}

OptionRef& OptionRef::share() {
  check_text(option_, [](std::string_view text) {
    auto value = parse_number<double>(text);
    return std::string(value && *value >= 0 && *value <= 1 ? "" : "a number from 0 to 1 is wanted");
  });
  return *this;
}

OptionRef CommandLine::option(const std::string& names, std::string& field, const std::string& help) {
  return OptionRef(add_option(app_, names, field, help));
}
OptionRef CommandLine::option(const std::string& names, std::vector<std::string>& field, const std::string& help) {
  return OptionRef(add_option(app_, names, field, help));
}
OptionRef CommandLine::option(const std::string& names, int& field, const std::string& help) {
  return OptionRef(add_option(app_, names, field, help));
}
OptionRef CommandLine::option(const std::string& names, uint64_t& field, const std::string& help) {
  return OptionRef(add_option(app_, names, field, help));
}
OptionRef CommandLine::option(const std::string& names, double& field, const std::string& help) {
  return OptionRef(add_option(app_, names, field, help));
}
OptionRef CommandLine::option(const std::string& names, std::optional<std::string>& field, const std::string& help) {
  return OptionRef(add_option(app_, names, field, help));
}
OptionRef CommandLine::option(const std::string& names, std::optional<int>& field, const std::string& help) {
  return OptionRef(add_option(app_, names, field, help));
}
OptionRef CommandLine::option(const std::string& names, std::optional<double>& field, const std::string& help) {
  return OptionRef(add_option(app_, names, field, help));
}
OptionRef CommandLine::flag(const std::string& names, bool& field, const std::string& help) {
  return OptionRef(as_app(app_)->add_flag(names, field, help)->disable_flag_override());
}

OptionRef CommandLine::flag_or_option(const std::string& names, std::optional<std::string>& field, const std::string& help) {
  CLI::callback_t take = [&field](const CLI::results_t& results) {
    field = results.empty() ? "" : results.front();
    return true;
  };
  return OptionRef(as_app(app_)->add_option(names, take, help)->expected(0, 1));
}

std::vector<OptionValue> CommandLine::values() const {
  std::vector<OptionValue> values;
  for (const CLI::Option* option : as_app(app_)->get_options())
    if (option != as_app(app_)->get_help_ptr()) values.push_back(value_of(*option));
  return values;
}

void CommandLine::examples(const std::string& text) { as_app(app_)->footer(text); }

struct Program::Impl {
  CLI::App app;
  std::vector<std::unique_ptr<CommandLine>> commands;
  Impl(const std::string& summary, const std::string& name) : app(summary, name) {}

  // Where the words behind `--` go; null: they are the command's own.
  std::vector<std::string>* rest_of(const std::string& name) const {
    for (const auto& command : commands)
      if (as_app(command->app_)->get_name() == name) return command->rest_;
    return nullptr;
  }
};

Program::Program(const std::string& name, const std::string& summary, const std::string& version, const std::string& examples)
    : impl_(std::make_unique<Impl>(summary, name)) {
  impl_->app.set_version_flag("--version", name + " " + version);
  impl_->app.footer(examples);
  impl_->app.require_subcommand(1);
}

Program::~Program() = default;

CommandLine& Program::add(const std::string& name, const std::string& summary) {
  CLI::App* app = impl_->app.add_subcommand(name, summary);
  impl_->commands.push_back(std::unique_ptr<CommandLine>(new CommandLine(app, *this)));
  return *impl_->commands.back();
}

std::vector<CommandInfo> Program::commands() const {
  std::vector<CommandInfo> infos;
  for (const CLI::App* app : impl_->app.get_subcommands({})) infos.push_back(info_of(*app));
  return infos;
}

Result<std::optional<std::string>> Program::parse(int argc, char** argv) {
  CLI::App& app = impl_->app;
  std::vector<std::string>* rest = argc > 1 ? impl_->rest_of(argv[1]) : nullptr;
  const std::vector<std::string> passed_on = rest == nullptr ? std::vector<std::string>() : cut_rest(argc, argv);
  if (std::string wrong = empty_word(argc, argv); !wrong.empty()) return usage_error(wrong);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) {
      app.exit(error); // prints help or the version
      return std::optional<std::string>();
    }
    std::string message = unknown_word(app);
    bool nothing = app.get_subcommands().empty() && app.remaining(true).empty();
    if (nothing) message = "a command is wanted (see proctor --help)";
    if (message.empty() && error.get_name() == "ArgumentMismatch") message = repeated_option(app);
    if (message.empty() && error.get_name() == "ArgumentMismatch") message = valued_flag(app, argc, argv);
    if (message.empty() && error.get_name() == "RequiredError") message = unfilled_option(app);
    return usage_error(message.empty() ? error.what() : message);
  }
  if (rest != nullptr) rest->insert(rest->end(), passed_on.begin(), passed_on.end());
  return std::optional(app.get_subcommands().front()->get_name());
}

} // namespace proctor
