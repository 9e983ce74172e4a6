// SPDX-License-Identifier: MIT
// Walks the syntax tree. Every statement, expression and element is a step, every text made is counted, so that no
// template runs on without end.
#include "harness/text/jinja.h"

#include <fmt/format.h>

#include "harness/text/ascii.h"
#include "harness/text/jinja_builtins.h"
#include "harness/text/jinja_numbers.h"
#include "harness/text/jinja_syntax.h"

namespace proctor {
namespace jinja {
namespace {

constexpr size_t kMaxCalls = 600; // nested evaluations, on the machine's stack

struct Scope {
  Scope* parent = nullptr;
  std::vector<std::pair<std::string, Value>> names = {};

  const Value* find(const std::string& name, Budget& budget) const {
    for (const Scope* scope = this; scope; scope = scope->parent) {
      budget.look_through(scope->names.size());
      for (auto& [key, value] : scope->names)
        if (key == name) return &value;
    }
    return nullptr;
  }
  void set(const std::string& name, Value value) {
    for (auto& [key, old] : names)
      if (key == name) {
        old = std::move(value);
        return;
      }
    names.emplace_back(name, std::move(value));
  }
};

enum class Flow { next, leave, again };

class Renderer {
 public:
  Renderer(const JinjaLimits& limits, std::time_t now)
      : limits_(limits), now_(now), budget_(limits.steps, limits.bytes) {}

  std::string render(const Body& body, const Json& variables) {
    Scope root;
    for (auto& [name, value] : variables.items()) root.names.emplace_back(name, Value::from_json(value));
    Scope scope{&root};
    run(body, scope);
    return std::move(out_);
  }

 private:
  struct Deeper {
    explicit Deeper(Renderer& renderer) : renderer_(renderer) {
      if (++renderer_.depth_ > kMaxCalls) fail("the template calls itself too deeply");
    }
    ~Deeper() { --renderer_.depth_; }
    Renderer& renderer_;
  };

  void write(std::string_view text) {
    budget_.make(text.size());
    out_ += text;
  }

  // What stands in the output for the value of an expression.
  std::string written(const Value& value, const Expression& e) {
    if (limits_.absent_is_error && value.is_undefined()) fail(value.get<Undefined>()->why);
    bool named = e.kind == Expression::name || e.kind == Expression::attribute;
    if (limits_.absent_is_error && value.is_none()) fail(named ? "'" + e.text + "' is null" : "a null is written out");
    return to_text(value, budget_);
  }

  Flow run(const Body& body, Scope& scope) {
    Deeper deeper(*this);
    for (auto& statement : body) {
      budget_.step();
      try {
        if (Flow flow = run(*statement, scope); flow != Flow::next) return flow;
      } catch (JinjaError& error) {
        if (error.line == 0) error.line = statement->line;
        throw;
      }
    }
    return Flow::next;
  }

  Flow run(const Statement& s, Scope& scope) {
    switch (s.kind) {
    case Statement::data: write(s.text); return Flow::next;
    case Statement::output: write(written(evaluate(*s.expression, scope), *s.expression)); return Flow::next;
    case Statement::branch: return branch(s, scope);
    case Statement::loop: return loop(s, scope);
    case Statement::set: assign(s.target, evaluate(*s.expression, scope), scope); return Flow::next;
    case Statement::set_block:
      assign(s.target, filtered(*s.expression, captured(s.body, scope), scope), scope);
      return Flow::next;
    case Statement::macro: scope.set(s.text, macro(s, scope)); return Flow::next;
    case Statement::call_block: call_block(s, scope); return Flow::next;
    case Statement::filter_block:
      write(to_text(filtered(*s.expression, captured(s.body, scope), scope), budget_));
      return Flow::next;
    case Statement::with: return with(s, scope);
    case Statement::scope: {
      Scope inner{&scope};
      return run(s.body, inner);
    }
    case Statement::break_loop: return Flow::leave;
    case Statement::continue_loop: return Flow::again;
    }
    return Flow::next;
  }

  Flow branch(const Statement& s, Scope& scope) {
    for (auto& [condition, body] : s.branches)
      if (!condition || truth(evaluate(*condition, scope))) return run(body, scope);
    return Flow::next;
  }

  Flow with(const Statement& s, Scope& scope) {
    Scope inner{&scope};
    for (auto& [name, value] : s.bindings) inner.set(name, evaluate(*value, scope));
    return run(s.body, inner);
  }

  void assign(const Target& target, Value value, Scope& scope) {
    if (!target.attribute.empty()) return assign_attribute(target, std::move(value), scope);
    if (!target.name.empty()) {
      budget_.look_through(scope.names.size());
      return scope.set(target.name, std::move(value));
    }
    std::vector<Value> items = elements_of(value, budget_);
    if (items.size() != target.parts.size())
      fail(fmt::format("{} values for {} names", items.size(), target.parts.size()));
    for (size_t i = 0; i < items.size(); ++i) assign(target.parts[i], items[i], scope);
  }

  void assign_attribute(const Target& target, Value value, Scope& scope) {
    const Value* object = scope.find(target.name, budget_);
    if (!object || !object->space()) fail("cannot assign attribute on non-namespace object");
    if (target.attribute.starts_with('_')) fail("a namespace cannot hold names that begin with '_'");
    if (!value.plain()) fail("a namespace cannot hold a namespace or a macro");
    budget_.look_through(object->space()->attributes.size());
    for (auto& [name, old] : object->space()->attributes)
      if (name == target.attribute) {
        old = std::move(value);
        return;
      }
    object->space()->attributes.emplace_back(target.attribute, std::move(value));
  }

  std::string captured(const Body& body, Scope& scope) {
    std::string outer = std::exchange(out_, {});
    Scope inner{&scope};
    run(body, inner);
    return std::exchange(out_, std::move(outer));
  }

  std::vector<Value> loop_items(const Statement& s, const Value& source, Scope& scope) {
    std::vector<Value> items = elements_of(source, budget_);
    if (!s.condition) return items;
    std::vector<Value> kept;
    for (Value& item : items) {
      Scope inner{&scope};
      assign(s.target, item, inner);
      if (truth(evaluate(*s.condition, inner))) kept.push_back(std::move(item));
    }
    return kept;
  }

  Flow loop(const Statement& s, Scope& scope) {
    Value source = evaluate(*s.expression, scope);
    std::vector<Value> items = loop_items(s, source, scope);
    if (items.empty()) {
      Scope inner{&scope};
      return run(s.otherwise, inner);
    }
    const List* generator = source.list() && source.list()->flavour == List::generator ? source.list() : nullptr;
    if (generator) generator->lent = true; // also after a break: who knows how far it was looked ahead
    Value changed = Undefined{"changed"};
    bool first_change = true;
    for (size_t i = 0; i < items.size(); ++i) {
      budget_.step(8); // a scope and its `loop`
      Scope inner{&scope};
      inner.set("loop", loop_value(items, i, changed, first_change));
      assign(s.target, items[i], inner);
      if (run(s.body, inner) == Flow::leave) return Flow::next;
    }
    if (generator) generator->lent = false;
    return Flow::next;
  }

  // `loop` of one iteration: a dict with functions beside the numbers.
  Value loop_value(const std::vector<Value>& items, size_t i, Value& changed, bool& first_change) {
    auto n = static_cast<int64_t>(items.size()), at = static_cast<int64_t>(i);
    std::vector<std::pair<std::string, Value>> members = {
        {"index", at + 1},
        {"index0", at},
        {"revindex", n - at},
        {"revindex0", n - at - 1},
        {"first", at == 0},
        {"last", at + 1 == n},
        {"length", n},
        {"depth", int64_t{1}},
        {"depth0", int64_t{0}},
        {"previtem", i > 0 ? items[i - 1] : Value(Undefined{"there is no previous item"})},
        {"nextitem", i + 1 < items.size() ? items[i + 1] : Value(Undefined{"there is no next item"})},
        {"cycle", function("cycle",
                           [i](Args& args) -> Value {
                             if (!args.named.empty()) fail("cycle: takes no named arguments");
                             if (args.positional.empty()) fail("no items for cycling given");
                             return args.positional[i % args.positional.size()];
                           })},
        {"changed", function("changed", [&changed, &first_change](Args& args) -> Value {
           if (!args.named.empty()) fail("changed: takes no named arguments");
           Value now = Value::make_list(args.positional);
           bool differs = std::exchange(first_change, false) || !equal(changed, now, args.budget);
           changed = now;
           return differs;
         })}};
    auto space = std::make_shared<Namespace>();
    space->attributes = std::move(members);
    return Value(std::shared_ptr<Namespace>(std::move(space)));
  }

  static Value function(std::string name, std::function<Value(Args&)> call) {
    return Value(std::make_shared<const Callable>(Callable{std::move(name), std::move(call)}));
  }

  // A macro never outlives the scope that it was made in: nothing that a template can store it in does.
  Value macro(const Statement& s, Scope& scope) {
    return function(s.text, [this, &s, &scope](Args& args) { return call_macro(s, scope, args); });
  }

  Value call_macro(const Statement& s, Scope& scope, Args& args) {
    Scope inner{&scope};
    if (args.positional.size() > s.parameters.size() && !s.varargs)
      fail(fmt::format("macro '{}' takes not more than {} argument(s)", s.text, s.parameters.size()));
    set_parameters(s, args, inner);
    size_t taken = std::min(args.positional.size(), s.parameters.size());
    auto rest = args.positional.begin() + static_cast<std::ptrdiff_t>(taken);
    if (s.varargs) inner.set("varargs", Value::make_list({rest, args.positional.end()}, List::tuple));
    if (s.caller) inner.set("caller", Undefined{"No caller defined"});
    std::vector<std::pair<Value, Value>> others;
    auto given = s.parameters.begin() + static_cast<std::ptrdiff_t>(taken); // the rest may be named
    for (auto& [name, value] : args.named) {
      if (std::any_of(given, s.parameters.end(), [&](auto& p) { return p.name == name; })) continue;
      if (name == "caller" && s.caller)
        inner.set(name, value);
      else if (s.kwargs)
        others.emplace_back(Value(name), value);
      else
        fail(fmt::format("macro '{}' takes no keyword argument '{}'", s.text, name));
    }
    if (s.kwargs) inner.set("kwargs", Value::make_dict(std::move(others), budget_));
    return captured(s.body, inner);
  }

  // A default sees all parameters that were given and the defaults before it, and nothing that they hide.
  void set_parameters(const Statement& s, const Args& args, Scope& scope) {
    std::vector<const Parameter*> left;
    for (size_t i = 0; i < s.parameters.size(); ++i) {
      const Parameter& parameter = s.parameters[i];
      const Value* given = argument(parameter, i, args);
      scope.set(parameter.name, given ? *given : Value(Undefined{fmt::format("parameter '{}' was not provided", parameter.name)}));
      if (!given && parameter.otherwise) left.push_back(&parameter);
    }
    for (const Parameter* parameter : left) scope.set(parameter->name, evaluate(*parameter->otherwise, scope));
  }

  static const Value* argument(const Parameter& parameter, size_t i, const Args& args) {
    if (i < args.positional.size()) return &args.positional[i];
    for (auto& [name, value] : args.named)
      if (name == parameter.name) return &value;
    return nullptr;
  }

  void call_block(const Statement& s, Scope& scope) {
    Value caller = function("caller", [this, &s, &scope](Args& args) { return call_macro(s, scope, args); });
    Args args = arguments(s.expression->arguments, scope);
    args.named.emplace_back("caller", caller);
    write(to_text(call(evaluate(*s.expression->parts[0], scope), args), budget_));
  }

  Args arguments(const Arguments& from, Scope& scope) {
    Args args{budget_};
    for (auto& value : from.positional) args.positional.push_back(evaluate(*value, scope));
    for (auto& [name, value] : from.named) args.named.emplace_back(name, evaluate(*value, scope));
    return args;
  }

  Value call(const Value& callee, Args& args) {
    if (callee.is_undefined()) fail(callee.get<Undefined>()->why);
    if (!callee.callable()) fail(fmt::format("'{}' object is not callable", callee.type_name()));
    Value result = callee.callable()->call(args);
    pay_for(result, budget_);
    return result;
  }

  Value filtered(const Expression& e, Value input, Scope& scope) {
    if (e.kind == Expression::literal) return input;
    return apply(e, filtered(*e.parts[0], std::move(input), scope), scope);
  }

  Value apply(const Expression& filter, Value input, Scope& scope) {
    constexpr std::string_view kTextual[] = {"string", "trim", "upper", "lower", "title", "capitalize", "replace"};
    bool textual = limits_.absent_is_error && is_one_of(filter.text, kTextual); // would make the text "None"
    if (textual && input.is_none()) fail("a null is written out by " + filter.text);
    Args args = arguments(filter.arguments, scope);
    args.positional.insert(args.positional.begin(), std::move(input));
    return apply_filter(filter.text, args);
  }

  Value evaluate(const Expression& e, Scope& scope) {
    Deeper deeper(*this);
    budget_.step();
    try {
      return evaluate_kind(e, scope);
    } catch (JinjaError& error) {
      if (error.line == 0) error.line = e.line;
      throw;
    }
  }

  Value evaluate_kind(const Expression& e, Scope& scope) {
    switch (e.kind) {
    case Expression::literal: return e.value;
    case Expression::name: return name(e.text, scope);
    case Expression::list: return Value::make_list(all(e.parts, scope));
    case Expression::tuple: return Value::make_list(all(e.parts, scope), List::tuple);
    case Expression::dict: return dict(e, scope);
    case Expression::attribute: return get_attribute(evaluate(*e.parts[0], scope), e.text, budget_);
    case Expression::item: return item(e, scope);
    case Expression::slice: return slice(e, scope);
    case Expression::call: {
      Value callee = evaluate(*e.parts[0], scope);
      Args args = arguments(e.arguments, scope);
      return call(callee, args);
    }
    case Expression::filter: return apply(e, evaluate(*e.parts[0], scope), scope);
    case Expression::test: return test(e, scope);
    case Expression::unary: return unary(e, scope);
    case Expression::binary: return binary(e, scope);
    case Expression::comparison: return comparison(e, scope);
    case Expression::both: {
      Value left = evaluate(*e.parts[0], scope);
      return truth(left) ? evaluate(*e.parts[1], scope) : left;
    }
    case Expression::either: {
      Value left = evaluate(*e.parts[0], scope);
      return truth(left) ? left : evaluate(*e.parts[1], scope);
    }
    case Expression::choice:
      if (truth(evaluate(*e.parts[0], scope))) return evaluate(*e.parts[1], scope);
      return e.parts[2]
                 ? evaluate(*e.parts[2], scope)
                 : Value(Undefined{"the inline if-expression evaluated to false and no else section was defined."});
    }
    return {};
  }

  Value name(const std::string& name, Scope& scope) {
    if (const Value* found = scope.find(name, budget_)) return *found;
    if (auto global = find_global(name, now_)) return *global;
    constexpr std::string_view kMissing[] = {"self", "cycler", "joiner", "lipsum"};
    if (is_one_of(name, kMissing)) fail(fmt::format("'{}' is not supported", name));
    return Undefined{fmt::format("'{}' is undefined", name)};
  }

  std::vector<Value> all(const std::vector<Expr>& parts, Scope& scope) {
    std::vector<Value> values;
    for (const Expr& part : parts) values.push_back(evaluate(*part, scope));
    budget_.make(values.size() * sizeof(Value));
    return values;
  }

  Value dict(const Expression& e, Scope& scope) {
    std::vector<std::pair<Value, Value>> items;
    for (size_t i = 0; i < e.parts.size(); i += 2)
      items.emplace_back(evaluate(*e.parts[i], scope), evaluate(*e.parts[i + 1], scope));
    budget_.make(items.size() * 2 * sizeof(Value));
    return Value::make_dict(std::move(items), budget_);
  }

  Value item(const Expression& e, Scope& scope) {
    Value object = evaluate(*e.parts[0], scope), key = evaluate(*e.parts[1], scope);
    return get_item(object, key, budget_);
  }

  std::optional<int64_t> bound(const Expr& part, Scope& scope) {
    if (!part) return std::nullopt;
    Value value = evaluate(*part, scope);
    if (value.is_none()) return std::nullopt;
    if (!value.integer()) fail("slice indices must be integers");
    return value.integer();
  }

  // Python's slice rules: negative counts from the end, everything is clamped.
  Value slice(const Expression& e, Scope& scope) {
    Value object = evaluate(*e.parts[0], scope);
    auto begin = bound(e.parts[1], scope), end = bound(e.parts[2], scope), step_given = bound(e.parts[3], scope);
    if (object.is_undefined()) fail(object.get<Undefined>()->why);
    if (!object.text() && !(object.list() && object.list()->indexed()))
      fail(fmt::format("'{}' object cannot be sliced", object.type_name()));
    if (object.text()) budget_.read(object.text()->size());
    auto n = static_cast<int64_t>(object.list() ? object.list()->items.size() : count_code_points(*object.text()));
    int64_t stride = std::clamp<int64_t>(step_given.value_or(1), -n - 1, n + 1);
    if (step_given == 0) fail("slice step cannot be zero");
    int64_t low = stride < 0 ? -1 : 0, high = stride < 0 ? n - 1 : n;
    auto clamp = [&](int64_t i) { return std::clamp(i < 0 ? std::max(i, -n - 1) + n : i, low, high); };
    int64_t from = begin ? clamp(*begin) : stride < 0 ? high : low;
    int64_t to = end ? clamp(*end) : stride < 0 ? low : high;
    if (object.text()) return sliced(*object.text(), from, to, stride);
    std::vector<Value> kept;
    for (int64_t i = from; stride > 0 ? i < to : i > to; i += stride)
      kept.push_back(object.list()->items[static_cast<size_t>(i)]);
    budget_.make(kept.size() * sizeof(Value));
    return Value::make_list(std::move(kept), object.list()->flavour);
  }

  Value sliced(const std::string& from_text, int64_t from, int64_t to, int64_t stride) {
    if (stride == 1) {
      std::string_view rest(from_text);
      rest.remove_prefix(offset_of(rest, from));
      return text(std::string(rest.substr(0, offset_of(rest, std::max(from, to) - from))));
    }
    budget_.make(from_text.size() * sizeof(std::string_view));
    std::vector<std::string_view> characters = characters_of(from_text);
    std::string made;
    for (int64_t i = from; stride > 0 ? i < to : i > to; i += stride) made += characters[static_cast<size_t>(i)];
    return text(std::move(made));
  }

  Value test(const Expression& e, Scope& scope) {
    if (!has_test(e.text)) fail(fmt::format("the test '{}' is not supported", e.text));
    Args args = arguments(e.arguments, scope);
    args.positional.insert(args.positional.begin(), evaluate(*e.parts[0], scope));
    return apply_test(e.text, args);
  }

  Value unary(const Expression& e, Scope& scope) {
    Value value = evaluate(*e.parts[0], scope);
    if (e.text == "not") return !truth(value);
    if (!value.is_number()) fail(fmt::format("bad operand type for unary {}: '{}'", e.text, value.type_name()));
    if (e.text == "+") return value;
    if (value.integer() == INT64_MIN) fail("an integer is beyond 64 bits");
    return value.integer() ? Value(-*value.integer()) : Value(-value.real());
  }

  Value comparison(const Expression& e, Scope& scope) {
    Value left = evaluate(*e.parts[0], scope);
    for (size_t i = 0; i < e.operators.size(); ++i) {
      Value right = evaluate(*e.parts[i + 1], scope);
      if (!holds(e.operators[i], left, right)) return false;
      left = std::move(right);
    }
    return true;
  }

  bool holds(const std::string& op, const Value& left, const Value& right) {
    if (op == "==") return equal(left, right, budget_);
    if (op == "!=") return !equal(left, right, budget_);
    if (op == "in") return contains(right, left, budget_);
    if (op == "not in") return !contains(right, left, budget_);
    int order = compare(left, right, budget_);
    return op == "<" ? order < 0 : op == ">" ? order > 0 : op == "<=" ? order <= 0 : order >= 0;
  }

  Value binary(const Expression& e, Scope& scope) {
    Value left = evaluate(*e.parts[0], scope), right = evaluate(*e.parts[1], scope);
    if (e.text == "~") return text(written(left, *e.parts[0]) + written(right, *e.parts[1]));
    for (const Value* side : {&left, &right})
      if (side->is_undefined()) fail(side->get<Undefined>()->why);
    if (left.is_number() && right.is_number()) return arithmetic(e.text, left, right);
    if (e.text == "+" && left.text() && right.text()) return text(*left.text() + *right.text());
    if (e.text == "+" && left.list() && right.list() && left.list()->flavour == right.list()->flavour &&
        left.list()->flavour <= List::tuple)
      return concatenated(left, right);
    if (e.text == "*" && right.integer()) std::swap(left, right);
    if (e.text == "*" && left.integer() && right.text()) return repeated(*right.text(), *left.integer());
    if (e.text == "*" && left.integer() && right.list() && right.list()->flavour <= List::tuple)
      return repeated(*right.list(), *left.integer());
    fail(fmt::format("unsupported operand type(s) for {}: '{}' and '{}'", e.text, left.type_name(),
                     right.type_name()));
  }

  Value text(std::string made) {
    budget_.make(made.size());
    return made;
  }

  Value concatenated(const Value& left, const Value& right) {
    std::vector<Value> items = left.list()->items;
    items.insert(items.end(), right.list()->items.begin(), right.list()->items.end());
    budget_.make(items.size() * sizeof(Value));
    return Value::make_list(std::move(items), left.list()->flavour);
  }

  Value repeated(const List& part, int64_t times) {
    std::vector<Value> made;
    for (int64_t i = 0; i < times && !part.items.empty(); ++i) {
      budget_.make(part.items.size() * sizeof(Value));
      made.insert(made.end(), part.items.begin(), part.items.end());
    }
    return Value::make_list(std::move(made), part.flavour);
  }

  Value repeated(const std::string& part, int64_t times) {
    std::string made;
    for (int64_t i = 0; i < times && !part.empty(); ++i) {
      budget_.make(part.size());
      made += part;
    }
    return made;
  }

  const JinjaLimits& limits_;
  std::time_t now_;
  std::string out_;
  Budget budget_;
  size_t depth_ = 0;
};

} // namespace
} // namespace jinja

struct JinjaTemplate::Impl {
  std::string source, name;
  jinja::Body body;
};

namespace {

Error error_of(const std::string& name, const jinja::JinjaError& error) {
  return usage_error(fmt::format("{}:{}: {}", name, error.line, error.message));
}

} // namespace

Result<JinjaTemplate> JinjaTemplate::parse(std::string source, std::string name) {
  try {
    jinja::Body body = jinja::parse_template(source);
    return JinjaTemplate(std::make_unique<const Impl>(Impl{std::move(source), std::move(name), std::move(body)}));
  } catch (const jinja::JinjaError& error) {
    return error_of(name, error);
  }
}

Result<std::string> JinjaTemplate::render(const Json& variables, const JinjaLimits& limits, std::time_t now) const {
  try {
    return jinja::Renderer(limits, now == 0 ? std::time(nullptr) : now).render(impl_->body, variables);
  } catch (const jinja::JinjaError& error) {
    return error_of(impl_->name, error);
  }
}

JinjaTemplate::JinjaTemplate(std::unique_ptr<const Impl> impl) : impl_(std::move(impl)) {}
JinjaTemplate::JinjaTemplate(JinjaTemplate&&) noexcept = default;
JinjaTemplate& JinjaTemplate::operator=(JinjaTemplate&&) noexcept = default;
JinjaTemplate::~JinjaTemplate() = default;
const std::string& JinjaTemplate::source() const { return impl_->source; }

} // namespace proctor
