// SPDX-License-Identifier: MIT
#include "backends/openai/http.h"

#include <chrono>
#include <fmt/format.h>
#include <httplib.h>
#include <mutex>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include "harness/text/ascii.h"

namespace proctor {
namespace {

constexpr int kConnectSeconds = 5;
// The watch over idle streams and total times is kept elsewhere (watch.h), which can tell one from the other.
constexpr int kReadSeconds = 7 * 24 * 3600;
constexpr int kWriteSeconds = 120;
constexpr size_t kLineBytes =
    8192; // of a status or header line; cpp-httplib has no bound, and recurses over the line

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

// A connection's bytes, without lines that do not end: cpp-httplib reads those byte by byte, and only those.
class BoundedStream : public httplib::Stream {
 public:
  explicit BoundedStream(httplib::Stream& stream) : stream_(stream) {}
  bool is_readable() const override { return stream_.is_readable(); }
  bool is_writable() const override { return stream_.is_writable(); }
  ssize_t write(const char* bytes, size_t size) override { return stream_.write(bytes, size); }
  void get_remote_ip_and_port(std::string& ip, int& port) const override { stream_.get_remote_ip_and_port(ip, port); }
  void get_local_ip_and_port(std::string& ip, int& port) const override { stream_.get_local_ip_and_port(ip, port); }
  socket_t socket() const override { return stream_.socket(); }

  ssize_t read(char* bytes, size_t size) override {
    ssize_t got = stream_.read(bytes, size);
    line_ = got == 1 && size == 1 && *bytes != '\n' ? line_ + 1 : 0;
    return line_ > kLineBytes ? -1 : got;
  }

 private:
  httplib::Stream& stream_;
  size_t line_ = 0;
};

// TLS over a blocking socket. It has no timeouts: the watch ends what takes too long.
class TlsStream : public httplib::Stream {
 public:
  TlsStream(SSL* ssl, socket_t socket) : ssl_(ssl), socket_(socket) {}
  bool is_readable() const override { return true; }
  bool is_writable() const override { return true; }
  ssize_t read(char* bytes, size_t size) override { return SSL_read(ssl_, bytes, clamped(size)); }
  ssize_t write(const char* bytes, size_t size) override { return SSL_write(ssl_, bytes, clamped(size)); }
  void get_remote_ip_and_port(std::string&, int&) const override {}
  void get_local_ip_and_port(std::string&, int&) const override {}
  socket_t socket() const override { return socket_; }

 private:
  static int clamped(size_t size) { return static_cast<int>(std::min(size, size_t{1} << 30)); }
  SSL* ssl_;
  socket_t socket_;
};

// The way out of a connection that is still being made, which cpp-httplib does not have: stop() waits for it.
class Making {
 public:
  ~Making() { over(); }

  void begin() {
    std::lock_guard lock(mutex_);
    making_ = true;
    aborted_ = false;
  }

  void socket(int fd) {
    std::lock_guard lock(mutex_);
    drop();
    fd_ = fcntl(fd, F_DUPFD_CLOEXEC, 0); // ours, so that it names no other file when cpp-httplib has closed its own
    if (aborted_) ::shutdown(fd, SHUT_RDWR);
  }

  void over() {
    std::lock_guard lock(mutex_);
    making_ = false;
    drop();
  }

  // False: there is nothing to abort.
  bool abort() {
    std::lock_guard lock(mutex_);
    if (!making_) return false;
    aborted_ = true;
    if (fd_ >= 0) ::shutdown(fd_, SHUT_RDWR);
    return true;
  }

 private:
  void drop() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }
  std::mutex mutex_;
  bool making_ = false, aborted_ = false;
  int fd_ = -1;
};

template <class Client> class BoundedClient : public Client {
 public:
  BoundedClient(const Url& url, Making& making) : Client(url.host, url.port), making_(making) {}

 private:
  using Socket = httplib::ClientImpl::Socket;
  bool process_socket(const Socket& socket, std::function<bool(httplib::Stream&)> callback) override {
    making_.over();
    auto bounded = [&](httplib::Stream& stream) {
      BoundedStream lines(stream);
      return callback(lines);
    };
    if (socket.ssl == nullptr)
      return httplib::detail::process_client_socket(socket.sock, kReadSeconds, 0, kWriteSeconds, 0, bounded);
    TlsStream stream(socket.ssl, socket.sock);
    return bounded(stream);
  }

  Making& making_;
};

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
  Making making;
  std::unique_ptr<httplib::ClientImpl> client;
  httplib::SSLClient* secure = nullptr; // the client, when it is one
  bool used = false;

  explicit Impl(const HttpTarget& to) : target(to) {
    const Url& url = target.url();
    if (url.tls) {
      auto made = std::make_unique<BoundedClient<httplib::SSLClient>>(url, making);
      secure = made.get();
      client = std::move(made);
      trust();
    } else
      client = std::make_unique<BoundedClient<httplib::ClientImpl>>(url, making);
    client->set_socket_options([this](socket_t fd) { making.socket(fd); });
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

void HttpConnection::abort() {
  if (!impl_->making.abort()) impl_->client->stop();
}

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
  impl_->making.begin();
  bool sent = impl_->client->send(request, response, error);
  impl_->making.over();
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
