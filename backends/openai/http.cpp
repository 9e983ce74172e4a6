// SPDX-License-Identifier: MIT
#include "backends/openai/http.h"

#include <chrono>
#include <fmt/format.h>
#include <httplib.h>
#include <netdb.h>

#include "harness/text/ascii.h"

namespace proctor {
namespace {

constexpr int kConnectSeconds = 5;
// The watch over idle streams and total times is kept elsewhere (watch.h), which can tell one from the other.
constexpr int kReadSeconds = 7 * 24 * 3600;
constexpr int kWriteSeconds = 120;

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); }

// Why no connection came about; cpp-httplib does not tell, so ask the resolver again.
std::string why_unreachable(const std::string& host, bool timed_out) {
  addrinfo hints{}, *found = nullptr;
  hints.ai_socktype = SOCK_STREAM;
  if (int error = getaddrinfo(host.c_str(), nullptr, &hints, &found); error != 0)
    return fmt::format("host {} not found ({})", host, gai_strerror(error));
  freeaddrinfo(found);
  return timed_out ? fmt::format("no connection within {} s", kConnectSeconds) : "connection refused";
}

} // namespace

// The certificates that are trusted, parsed once however many connections there are.
struct HttpTarget::Trust {
  X509_STORE* store = X509_STORE_new();
  Trust() { X509_STORE_set_default_paths(store); }
  ~Trust() { X509_STORE_free(store); }
  Trust(const Trust&) = delete;
  Trust& operator=(const Trust&) = delete;
};

HttpTarget::HttpTarget(Url url, std::optional<Proxy> proxy, std::string key)
    : url_(std::move(url)), proxy_(std::move(proxy)), key_(std::move(key)) {
  if (url_.tls) trust_ = std::make_shared<Trust>();
}
HttpTarget::~HttpTarget() = default;
HttpTarget::HttpTarget(HttpTarget&&) noexcept = default;

struct HttpConnection::Impl {
  const HttpTarget& target;
  std::unique_ptr<httplib::ClientImpl> client;
  httplib::SSLClient* secure = nullptr; // the client, when it is one
  bool used = false;

  explicit Impl(const HttpTarget& to) : target(to) {
    const Url& url = target.url();
    if (url.tls) {
      auto made = std::make_unique<httplib::SSLClient>(url.host, url.port);
      secure = made.get();
      client = std::move(made);
      trust();
    } else
      client = std::make_unique<httplib::ClientImpl>(url.host, url.port);
    client->set_keep_alive(true);
    client->set_tcp_nodelay(true);
    client->set_url_encode(false);
    client->set_connection_timeout(kConnectSeconds, 0);
    client->set_read_timeout(kReadSeconds, 0);
    client->set_write_timeout(kWriteSeconds, 0);
    if (target.proxy_) {
      client->set_proxy(target.proxy_->host, target.proxy_->port);
      if (!target.proxy_->user.empty()) client->set_proxy_basic_auth(target.proxy_->user, target.proxy_->password);
    }
  }

  void trust() {
    X509_STORE_up_ref(target.trust_->store);
    secure->set_ca_cert_store(target.trust_->store);
    // Without a path of ours the client would load every system certificate again, for each connection.
    secure->set_ca_cert_path("", X509_get_default_cert_dir());
    secure->enable_server_certificate_verification(true);
  }

  httplib::Headers headers() const {
    httplib::Headers headers = {{"Host", target.url().authority()}, {"User-Agent", "proctor"}};
    if (!target.key_.empty()) headers.emplace("Authorization", "Bearer " + target.key_);
    return headers;
  }

  std::string why(httplib::Error error, double seconds) const {
    const std::string& host = target.proxy_ ? target.proxy_->host : target.url().host;
    std::string via = target.proxy_ ? "proxy: " : "";
    if (error == httplib::Error::Connection || error == httplib::Error::ConnectionTimeout)
      return via + why_unreachable(host, seconds >= kConnectSeconds - 0.1);
    if (error == httplib::Error::SSLServerVerification) {
      long result = secure->get_openssl_verify_result();
      if (result != X509_V_OK)
        return fmt::format("the server's certificate is not valid: {}", X509_verify_cert_error_string(result));
      return fmt::format("the server's certificate is not for {}", target.url().host);
    }
    if (error == httplib::Error::SSLConnection) return via + "no TLS handshake (is this an http:// server?)";
    if (error == httplib::Error::SSLLoadingCerts) return "the trusted certificates cannot be loaded";
    return {};
  }
};

HttpConnection::HttpConnection(const HttpTarget& target) : impl_(std::make_unique<Impl>(target)) {}
HttpConnection::~HttpConnection() = default;

void HttpConnection::abort() { impl_->client->stop(); }

void HttpConnection::close() {
  impl_->client->stop();
  impl_->used = false;
}

HttpReply HttpConnection::send(const std::string& path, const std::string& json_body,
                               const std::function<bool(int, std::string_view)>& receive) {
  httplib::Request request;
  request.method = json_body.empty() ? "GET" : "POST";
  request.path = impl_->target.url().path + path;
  request.headers = impl_->headers();
  request.body = json_body;
  if (!json_body.empty()) request.headers.emplace("Content-Type", "application/json");

  HttpReply reply;
  bool enough = false;
  request.response_handler = [&](const httplib::Response& response) {
    reply.status = response.status;
    reply.retry_after = response.get_header_value("Retry-After");
    reply.retry_after_ms = response.get_header_value("retry-after-ms");
    reply.location = response.get_header_value("Location");
    return true;
  };
  request.content_receiver = [&](const char* bytes, size_t size, uint64_t, uint64_t) {
    enough = !receive(reply.status, {bytes, size});
    return !enough;
  };
  reply.reused = impl_->used && impl_->client->is_socket_open() != 0;
  httplib::Response response;
  auto error = httplib::Error::Success;
  auto begin = Clock::now();
  bool sent = impl_->client->send(request, response, error);
  if (reply.status == 0 && response.status > 0) reply.status = response.status; // no body: 204, or a proxy's refusal
  impl_->used = sent;
  if (sent || enough) return reply;
  reply.why = impl_->why(error, seconds_since(begin));
  reply.fault = reply.why.empty() ? HttpFault::cut : HttpFault::unreachable;
  if (!reply.why.empty()) return reply;
  reply.why =
      reply.status == 0 ? "the connection ended before an answer" : "the connection ended in the middle of an answer";
  return reply;
}

} // namespace proctor
