// SPDX-License-Identifier: MIT
#include "harness/secrets.h"

#include "harness/text/ascii.h"

namespace proctor {

bool looks_secret(std::string_view name) {
  std::string key = lower(name);
  for (std::string_view part : {"key", "token", "secret", "password", "authorization"})
    if (key.find(part) != key.npos && key.find("tokeni") == key.npos && key.find("tokens") == key.npos) return true;
  return false;
}

Json without_secrets(Json value) {
  if (value.is_array())
    for (Json& entry : value) entry = without_secrets(std::move(entry));
  if (!value.is_object()) return value;
  for (auto& [name, member] : value.items())
    member = looks_secret(name) ? Json("***") : without_secrets(std::move(member));
  return value;
}

} // namespace proctor
