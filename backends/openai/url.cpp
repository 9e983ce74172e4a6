// SPDX-License-Identifier: MIT
#include "backends/openai/url.h"

#include <cstdlib>
#include <fmt/format.h>

#include "harness/text/ascii.h"
#include "harness/text/number.h"

namespace proctor {
namespace {

constexpr std::string_view kWanted = "http(s)://host[:port]/v1 is wanted";

// "host:8000", "[::1]:8000", "host" -> host and port. False when it is none of these.
bool split_authority(std::string_view authority, std::string& host, int& port) {
  size_t end = authority.starts_with('[') ? authority.find(']') : authority.find(':');
  if (authority.starts_with('[')) {
    if (end == authority.npos) return false;
    host = authority.substr(1, end - 1);
    authority.remove_prefix(end + 1);
  } else {
    host = authority.substr(0, end);
    authority.remove_prefix(std::min(end, authority.size()));
  }
  if (host.empty()) return false;
  if (authority.empty()) return true;
  auto number = authority.starts_with(':') ? parse_number<int>(authority.substr(1)) : std::nullopt;
  port = number.value_or(0);
  return port >= 1 && port <= 65535;
}

// Splits "scheme://rest"; the scheme in lower case.
std::optional<std::pair<std::string, std::string_view>> split_scheme(std::string_view text) {
  size_t colon = text.find("://");
  if (colon == text.npos) return std::nullopt;
  return std::pair(lower(text.substr(0, colon)), text.substr(colon + 3));
}

const char* environment(std::string_view name) {
  std::string upper_name(name), lower_name = lower(name);
  const char* value = std::getenv(lower_name.c_str());
  if (value == nullptr || *value == '\0') value = std::getenv(upper_name.c_str());
  return value == nullptr || *value == '\0' ? nullptr : value;
}

bool is_loopback(std::string_view host) {
  return host == "localhost" || host == "::1" || host.starts_with("127.") || host.ends_with(".localhost");
}

// One entry of NO_PROXY: a host, a domain with or without its leading dot, either with a port, or "*".
bool names_host(std::string_view entry, const Url& url) {
  entry = trim(entry);
  if (entry == "*") return true;
  if (entry.starts_with("*.")) entry.remove_prefix(1);
  size_t colon = entry.rfind(':');
  if (colon != entry.npos && entry.find(':') == colon) {
    if (entry.substr(colon + 1) != std::to_string(url.port)) return false;
    entry = entry.substr(0, colon);
  }
  std::string host = lower(url.host), domain = lower(entry);
  if (domain.empty()) return false;
  if (host == domain) return true;
  return host.ends_with(domain.starts_with('.') ? domain : "." + domain);
}

bool excluded(const Url& url) {
  if (is_loopback(url.host)) return true;
  const char* list = environment("NO_PROXY");
  if (list == nullptr) return false;
  for (std::string_view entry : split(list, ','))
    if (names_host(entry, url)) return true;
  return false;
}

std::string percent_decoded(std::string_view text) {
  std::string decoded;
  for (size_t i = 0; i < text.size(); ++i) {
    unsigned value = 0;
    const char* digits = text.data() + i + 1;
    if (text[i] == '%' && i + 2 < text.size() && std::from_chars(digits, digits + 2, value, 16).ptr == digits + 2) {
      decoded += static_cast<char>(value);
      i += 2;
    } else
      decoded += text[i];
  }
  return decoded;
}

Result<std::optional<Proxy>> parse_proxy(std::string_view variable, std::string_view value) {
  Error wrong = usage_error(fmt::format("{}: http://[user:password@]host:port is wanted", variable));
  if (auto scheme = split_scheme(value)) {
    if (scheme->first != "http") return wrong;
    value = scheme->second;
  }
  value = value.substr(0, value.find('/'));
  Proxy proxy;
  if (size_t at = value.rfind('@'); at != value.npos) {
    std::string_view user = value.substr(0, at);
    size_t colon = std::min(user.find(':'), user.size());
    proxy.user = percent_decoded(user.substr(0, colon));
    proxy.password = percent_decoded(user.substr(std::min(colon + 1, user.size())));
    value.remove_prefix(at + 1);
  }
  proxy.port = 3128;
  if (!split_authority(value, proxy.host, proxy.port)) return wrong;
  return std::optional(std::move(proxy));
}

} // namespace

std::string Url::authority() const {
  std::string name = host.find(':') == host.npos ? host : "[" + host + "]";
  return port == (tls ? 443 : 80) ? name : fmt::format("{}:{}", name, port);
}

std::string Url::text() const { return fmt::format("{}://{}{}", tls ? "https" : "http", authority(), path); }

Result<Url> parse_url(std::string_view text) {
  if (text.find_first_of("@?#") != text.npos)
    return usage_error(
        "an endpoint's URL may hold no user, password or query: the key goes into OPENAI_API_KEY, fields "
        "of the request into --extra-body");
  auto scheme = split_scheme(text);
  Error wrong = usage_error(fmt::format("endpoint {}: {}", text, kWanted));
  if (!scheme || (scheme->first != "http" && scheme->first != "https")) return wrong;
  for (char c : text)
    if (is_blank(c) || static_cast<unsigned char>(c) < 0x20) return wrong;
  Url url;
  url.tls = scheme->first == "https";
  url.port = url.tls ? 443 : 80;
  std::string_view rest = scheme->second;
  size_t slash = std::min(rest.find('/'), rest.size());
  if (!split_authority(rest.substr(0, slash), url.host, url.port)) return wrong;
  url.path = rest.substr(slash);
  while (url.path.ends_with('/')) url.path.pop_back();
  for (std::string_view method : {"/chat/completions", "/completions"}) // what users copy from examples
    if (url.path.ends_with(method)) url.path.resize(url.path.size() - method.size());
  return url;
}

bool looks_like_endpoint(std::string_view model) {
  return model.find("@http://") != model.npos || model.find("@https://") != model.npos || model.ends_with('@');
}

Result<NamedEndpoint> parse_endpoint(std::string_view model, std::string_view default_url) {
  size_t at = std::min(model.find("@http://"), model.find("@https://"));
  if (at == model.npos) at = model.size() - 1;
  std::string_view urls = model.substr(at + 1);
  NamedEndpoint endpoint{std::string(model.substr(0, at)), {}};
  if (endpoint.name.empty())
    return usage_error("endpoint without a model's name: NAME@http://host:port/v1 is wanted");
  if (urls.empty()) urls = default_url;
  if (urls.empty())
    return usage_error(fmt::format("model {}: no URL after the @, and OPENAI_BASE_URL is not set", model));
  for (std::string_view text : split(urls, ',')) {
    if (trim(text).empty()) continue;
    auto url = parse_url(trim(text));
    if (!url) return url.error();
    if (std::find(endpoint.replicas.begin(), endpoint.replicas.end(), *url) != endpoint.replicas.end())
      return usage_error(fmt::format("model {}: the URL {} is there twice", endpoint.name, url->text()));
    endpoint.replicas.push_back(std::move(*url));
  }
  return endpoint;
}

Result<std::optional<Proxy>> proxy_from_environment(const Url& url) {
  if (excluded(url)) return std::optional<Proxy>();
  for (std::string_view variable :
       {std::string_view(url.tls ? "HTTPS_PROXY" : "HTTP_PROXY"), std::string_view("ALL_PROXY")})
    if (const char* value = environment(variable)) return parse_proxy(variable, value);
  return std::optional<Proxy>();
}

} // namespace proctor
