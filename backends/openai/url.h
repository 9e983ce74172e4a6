// SPDX-License-Identifier: MIT
#pragma once

// Where an endpoint is: its URLs (RFC 3986, the part that an API base URL needs) and the proxy on the way there.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/result.h"

namespace proctor {

struct Url {
  bool tls = false;
  std::string host; // an IPv6 address without its brackets
  int port = 80;
  std::string path; // of the API, without a slash at its end: "/v1"; may be empty

  std::string authority() const; // "host", "host:8000", "[::1]:8000": as the Host header wants it
  std::string text() const;
  bool operator==(const Url&) const = default;
};

// http(s)://host[:port][/path]. On failure: a usage error. A URL with a user name, a password or a query is refused
// and not repeated, since it may hold a secret.
Result<Url> parse_url(std::string_view text);

struct NamedEndpoint {
  std::string name;          // of the model, as the server knows it
  std::vector<Url> replicas; // at least one
};

// True for NAME@..., which is an endpoint's spelling.
bool looks_like_endpoint(std::string_view model);

// NAME@URL[,URL...]; NAME@ alone takes `default_url` (OPENAI_BASE_URL). The name may hold '@'. On failure: a usage
// error.
Result<NamedEndpoint> parse_endpoint(std::string_view model, std::string_view default_url);

struct Proxy {
  std::string host;
  int port = 0;
  std::string user, password;
};

// What HTTPS_PROXY, HTTP_PROXY (or ALL_PROXY) and NO_PROXY, in either case, say about a URL; addresses of this
// machine never go through a proxy. On failure: a usage error that names the variable and not its value.
Result<std::optional<Proxy>> proxy_from_environment(const Url& url);

} // namespace proctor
