// SPDX-License-Identifier: MIT
#pragma once

// Result<T>: a value, or the one-line Error that stands in its place when the world refuses (missing file, bad
// input, full disk). The member names are a subset of std::expected's. Measurements are never errors.

#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "harness/check.h"
#include "harness/exit_code.h"

namespace proctor {

// message: one line that says what was wrong, where, and what to do. Printed once, in main().
struct Error {
  ExitCode exit = ExitCode::infrastructure;
  std::string message;
};

inline Error usage_error(std::string message) { return {ExitCode::usage, std::move(message)}; }
inline Error infrastructure_error(std::string message) { return {ExitCode::infrastructure, std::move(message)}; }

// The same error, said from one level further out: "CONTEXT: message".
inline Error in_context(std::string context, Error error) {
  error.message = std::move(context) + ": " + error.message;
  return error;
}

template <class T> class [[nodiscard]] Result {
 public:
  using value_type = T;
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  bool has_value() const { return state_.index() == 0; }
  explicit operator bool() const { return has_value(); }

  T& operator*() & { return checked(); }
  const T& operator*() const& { return const_cast<Result*>(this)->checked(); }
  T&& operator*() && { return std::move(checked()); }
  T* operator->() { return &checked(); }
  const T* operator->() const { return &const_cast<Result*>(this)->checked(); }

  const Error& error() const {
    PROCTOR_CHECK(!has_value());
    return std::get<1>(state_);
  }

 private:
  T& checked() {
    PROCTOR_CHECK(has_value());
    return std::get<0>(state_);
  }
  std::variant<T, Error> state_;
};

template <> class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}

  bool has_value() const { return !error_.has_value(); }
  explicit operator bool() const { return has_value(); }
  const Error& error() const {
    PROCTOR_CHECK(error_.has_value());
    return *error_;
  }

 private:
  std::optional<Error> error_;
};

using Status = Result<void>;

} // namespace proctor
