// SPDX-License-Identifier: MIT
#pragma once

// The syntax tree of a template and the function that makes it. The tree is at most kMaxNesting deep.

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "harness/text/jinja_value.h"

namespace proctor::jinja {

constexpr size_t kMaxNesting = 250;

struct Expression;
using Expr = std::unique_ptr<Expression>;

struct Arguments {
  std::vector<Expr> positional;
  std::vector<std::pair<std::string, Expr>> named;
};

struct Expression {
  enum Kind {
    literal,
    name,
    list,
    tuple,
    dict,
    attribute,
    item,
    slice,
    call,
    filter,
    test,
    unary,
    binary,
    comparison,
    both,
    either,
    choice
  };
  Kind kind = literal;
  size_t line = 0;
  size_t height = 1;
  std::string text; // name, attribute, filter, test, operator
  Value value;      // literal
  std::vector<Expr>
      parts; // operands; of a slice: object, begin, end, step, absent ones null; of a dict: key, value, ...
  std::vector<std::string> operators; // of a comparison chain
  Arguments arguments;
};

struct Statement;
using Body = std::vector<std::unique_ptr<Statement>>;

// set a, (b, c) = ...; for a, b in ...; ns.x
struct Target {
  std::string name;          // empty: a tuple
  std::string attribute;     // of the name
  std::vector<Target> parts; // of a tuple
};

struct Parameter {
  std::string name;
  Expr otherwise; // null: none
};

struct Statement {
  enum Kind {
    data,
    output,
    branch,
    loop,
    set,
    set_block,
    macro,
    call_block,
    filter_block,
    with,
    scope,
    break_loop,
    continue_loop
  };
  Kind kind = data;
  size_t line = 0;
  std::string text; // data; name of a macro
  Expr expression;  // output, the value of set, what is looped over, the call, the filter
  Expr condition;   // of a loop
  Target target;
  std::vector<std::pair<Expr, Body>> branches; // if, elif; a null condition is else
  Body body, otherwise;
  std::vector<Parameter> parameters;
  std::vector<std::pair<std::string, Expr>> bindings; // of with
  bool recursive = false;
  bool varargs = false, kwargs = false, caller = false; // of a macro or call block: names that its body uses
};

// Throws JinjaError.
Body parse_template(std::string_view source);

} // namespace proctor::jinja
