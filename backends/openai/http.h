// SPDX-License-Identifier: MIT
#pragma once

// One keep-alive connection to one server, over cpp-httplib and OpenSSL: the only file that knows of either.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "backends/openai/url.h"

namespace proctor {

// Where to and how; shared by the connections of one replica. Loads the trusted certificates (the system's, or
// SSL_CERT_FILE / SSL_CERT_DIR) once.
class HttpTarget {
 public:
  // key: sent as a bearer token; may be empty.
  HttpTarget(Url url, std::optional<Proxy> proxy, std::string key);
  ~HttpTarget();
  HttpTarget(HttpTarget&&) noexcept;
  const Url& url() const { return url_; }

 private:
  friend class HttpConnection;
  struct Trust;
  Url url_;
  std::optional<Proxy> proxy_;
  std::string key_;
  std::shared_ptr<Trust> trust_;
};

enum class HttpFault {
  none,
  unreachable, // no connection, or no secure one
  cut,         // the connection ended, or was ended by abort(), before the answer did
};

struct HttpReply {
  HttpFault fault = HttpFault::none;
  std::string why; // of the fault
  int status = 0;  // 0: no status line came
  std::string retry_after, retry_after_ms, location;
  bool reused = false; // the request went out on a connection that had served another
};

class HttpConnection {
 public:
  explicit HttpConnection(const HttpTarget& target); // borrows
  ~HttpConnection();
  HttpConnection(const HttpConnection&) = delete;
  HttpConnection& operator=(const HttpConnection&) = delete;

  // Gets `path` (below the URL's own), or posts a JSON body to it where there is one, and hands over the body of the
  // answer as it arrives, after any content encoding is undone. A receiver that returns false ends the exchange and
  // the connection, which is no fault.
  HttpReply send(const std::string& path, const std::string& json_body,
                 const std::function<bool(int status, std::string_view)>& receive);

  // From any thread: ends the exchange in progress, if there is one; it comes back as cut.
  void abort();

  // Takes a fresh connection next time.
  void close();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

} // namespace proctor
