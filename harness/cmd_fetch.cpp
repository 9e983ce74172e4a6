// SPDX-License-Identifier: MIT
#include "harness/cmd_fetch.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <httplib.h>
#include <optional>
#include <thread>

#include "backends/openai/url.h"
#include "harness/json.h"
#include "harness/text/ascii.h"
#include "harness/text/number.h"
#include "tasks/data_check.h"

namespace fs = std::filesystem;

namespace proctor {
namespace {

constexpr const char* kRowsServer = "https://datasets-server.huggingface.co";
constexpr int kMostRedirects = 8;
constexpr size_t kPageRows = 100; // the most that datasets-server gives at once

std::string environment(const char* name, std::string_view otherwise) {
  const char* value = std::getenv(name);
  std::string text = value == nullptr || *value == '\0' ? std::string(otherwise) : value;
  while (text.ends_with('/')) text.pop_back();
  return text;
}

// "https://host:port" and "/path?query".
struct SplitUrl {
  std::string server, path;
};

SplitUrl split_url(const std::string& url) {
  size_t scheme = url.find("://");
  size_t slash = url.find('/', scheme == url.npos ? 0 : scheme + 3);
  if (slash == url.npos) return {url, "/"};
  return {url.substr(0, slash), url.substr(slash)};
}

struct Answer {
  int status = 0;
  std::string why; // no status: what kept it from coming, or cut it off
  std::string location, retry_after, content_type, etag, content_range;
  std::string sha256; // of the content, where Hugging Face says it; may be empty
  bool whole = false; // the body came to its end
};

// "\"hex\"" -> hex, where it is a sha256.
std::string sha256_of_etag(std::string_view etag) {
  if (etag.size() == 66 && etag.front() == '"') etag = etag.substr(1, 64);
  return etag.size() == 64 ? std::string(etag) : "";
}

using Receive = std::function<bool(const httplib::Response&, std::string_view)>;

Result<Answer> get_once(const std::string& url, const httplib::Headers& headers, const Receive& receive) {
  SplitUrl at = split_url(url);
  auto parsed = parse_url(at.server);
  if (!parsed) return parsed.error();
  auto proxy = proxy_from_environment(*parsed);
  if (!proxy) return proxy.error();
  httplib::Client client(at.server);
  client.set_connection_timeout(20);
  client.set_read_timeout(60);
  client.set_keep_alive(false);
  if (*proxy) {
    client.set_proxy((*proxy)->host, (*proxy)->port);
    if (!(*proxy)->user.empty()) client.set_proxy_basic_auth((*proxy)->user, (*proxy)->password);
  }
  Answer answer;
  const httplib::Response* head = nullptr;
  auto on_head = [&](const httplib::Response& response) {
    head = &response;
    answer.status = response.status;
    answer.location = response.get_header_value("Location");
    answer.retry_after = response.get_header_value("Retry-After");
    answer.content_type = response.get_header_value("Content-Type");
    answer.etag = response.get_header_value("ETag");
    answer.content_range = response.get_header_value("Content-Range");
    answer.sha256 = sha256_of_etag(response.get_header_value("X-Linked-Etag"));
    return true;
  };
  auto on_body = [&](const char* data, size_t size) { return receive(*head, {data, size}); };
  auto result = client.Get(at.path, headers, on_head, on_body);
  answer.whole = static_cast<bool>(result);
  if (!result) answer.why = httplib::to_string(result.error());
  return answer;
}

bool same_server(const std::string& a, const std::string& b) { return split_url(a).server == split_url(b).server; }

// Follows redirects; the token goes to the first server only.
Result<Answer> get_following(std::string url, httplib::Headers headers, const Receive& receive) {
  std::string sha256;
  for (int hop = 0; hop < kMostRedirects; ++hop) {
    auto answer = get_once(url, headers, [&](const httplib::Response& response, std::string_view bytes) {
      return response.status < 200 || response.status >= 300 || receive(response, bytes);
    });
    if (!answer) return answer;
    if (sha256.empty()) sha256 = answer->sha256;
    answer->sha256 = sha256;
    if (answer->status < 300 || answer->status >= 400 || answer->location.empty()) return answer;
    std::string next =
        answer->location.starts_with('/') ? split_url(url).server + answer->location : answer->location;
    if (!same_server(url, next)) headers.erase("Authorization");
    url = std::move(next);
  }
  return usage_error(fmt::format("{}: more than {} redirects", url, kMostRedirects));
}

bool passes(int status) { return status == 0 || status == 408 || status == 425 || status == 429 || status >= 500; }

Error refusal(const std::string& url, const Answer& answer) {
  if (answer.status == 401 || answer.status == 403)
    return usage_error(fmt::format(
        "{}: refused ({}); accept the data's terms on its page and set HF_TOKEN to a token that may read it", url,
        answer.status));
  if (answer.status == 404) return usage_error(fmt::format("{}: is not there (404)", url));
  return usage_error(fmt::format("{}: refused ({})", url, answer.status));
}

void wait_before_retry(const Answer& answer, const FetchOptions& options, int n_tried) {
  double seconds = options.first_wait_s * static_cast<double>(1 << std::min(n_tried, 6));
  if (auto named = parse_number<double>(answer.retry_after)) seconds = std::clamp(*named, 0.0, 60.0);
  std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
}

httplib::Headers headers_for(const std::string& url, const FetchOptions& options) {
  httplib::Headers headers = {{"User-Agent", "proctor"}, {"Accept-Encoding", "identity"}};
  const bool hub =
      same_server(url, environment("HF_ENDPOINT", "https://huggingface.co")) || same_server(url, kRowsServer);
  if (!options.token.empty() && hub) headers.emplace("Authorization", "Bearer " + options.token);
  return headers;
}

bool is_page(const Answer& answer, const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string begin(64, '\0');
  file.read(begin.data(), static_cast<std::streamsize>(begin.size()));
  begin.resize(static_cast<size_t>(file.gcount()));
  std::string text = lower(trim_left(begin));
  return answer.content_type.starts_with("text/html") || text.starts_with("<!doctype html") ||
         text.starts_with("<html");
}

uintmax_t bytes_in(const std::string& path) {
  std::error_code error;
  uintmax_t size = fs::file_size(path, error);
  return error ? 0 : size;
}

std::string read_small(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// What is there of a file, in PATH.part; its ETag in PATH.part.etag, so that nothing of another version is appended.
struct Part {
  std::string path;

  std::string etag_path() const { return path + ".etag"; }
  void remove() const {
    std::error_code error;
    fs::remove(path, error);
    fs::remove(etag_path(), error);
  }
};

// "bytes */LENGTH", the answer to a range behind the end, says that nothing is missing.
bool is_all_there(const Answer& answer, uintmax_t have) {
  return answer.status == 416 && have > 0 && answer.content_range == fmt::format("bytes */{}", have);
}

// One request for what is missing of a part. The answer is whole when the file is.
Result<Answer> fetch_rest(const std::string& url, const Part& part, const FetchOptions& options) {
  const uintmax_t have = bytes_in(part.path);
  httplib::Headers headers = headers_for(url, options);
  if (have > 0) headers.emplace("Range", fmt::format("bytes={}-", have));
  if (std::string etag = read_small(part.etag_path()); have > 0 && !etag.empty()) headers.emplace("If-Range", etag);
  std::ofstream out;
  bool full_disk = false;
  auto receive = [&](const httplib::Response& response, std::string_view bytes) {
    if (!out.is_open()) {
      const bool goes_on = response.status == 206; // a server without ranges sends everything again
      out.open(part.path, std::ios::binary | (goes_on ? std::ios::app : std::ios::trunc));
      std::string etag = response.get_header_value("ETag");
      if (!goes_on && etag.starts_with('"')) std::ofstream(part.etag_path()) << etag;
    }
    out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    full_disk = !out.good();
    return !full_disk;
  };
  auto answer = get_following(url, std::move(headers), receive);
  if (out.is_open()) out.close();
  if (full_disk || out.fail())
    return infrastructure_error(fmt::format("cannot write {}: is the disk full?", part.path));
  if (!answer || answer->status != 416) return answer;
  if (is_all_there(*answer, have)) {
    answer->status = 200;
    answer->whole = true;
    return answer;
  }
  part.remove(); // the file has changed: start over
  answer->status = 0;
  answer->why = "the server has other content than what was begun";
  return answer;
}

// What came is what was promised; else it is gone.
Status check_content(const std::string& url, const Answer& answer, const Part& part) {
  if (is_page(answer, part.path)) {
    part.remove();
    return usage_error(fmt::format("{}: is a page for people, not data; a proxy or a login stands in between", url));
  }
  if (answer.sha256.empty()) return {};
  auto hash = sha256_of_file(part.path);
  if (!hash || *hash == answer.sha256) return hash ? Status() : Status(hash.error());
  part.remove();
  return usage_error(
      fmt::format("{}: damaged on its way twice (sha256 {} instead of {})", url, *hash, answer.sha256));
}

Status move_into_place(const Part& part, const std::string& path) {
  std::error_code error;
  if (!fs::exists(part.path, error)) std::ofstream(part.path).flush(); // an empty file is one
  fs::rename(part.path, path, error);
  part.remove();
  return error ? Status(infrastructure_error(fmt::format("cannot write {}: {}", path, error.message()))) : Status();
}

Status make_folder_of(const std::string& path) {
  std::error_code error;
  fs::create_directories(fs::path(path).parent_path(), error);
  return error ? Status(infrastructure_error(fmt::format("cannot make the folder of {}: {}", path, error.message())))
               : Status();
}

Status fetch_file(const std::string& url, const std::string& path, const FetchOptions& options) {
  const Part part{path + ".part"};
  uintmax_t before = 0;
  for (int n_tried = 0, n_damaged = 0;;) {
    auto answer = fetch_rest(url, part, options);
    if (!answer) return answer.error();
    const bool came = answer->status >= 200 && answer->status < 300;
    if (came && answer->whole) {
      Status sound = check_content(url, *answer, part);
      if (sound) return move_into_place(part, path);
      if (answer->sha256.empty() || ++n_damaged == 2) return sound;
      continue;
    }
    if (!came && !passes(answer->status)) return refusal(url, *answer);
    const uintmax_t now = bytes_in(part.path);
    n_tried = now > before ? 1 : n_tried + 1; // every new byte is progress
    before = std::max(before, now);
    if (n_tried >= options.n_tries) {
      const bool silent = answer->status == 0 || came;
      std::string why = silent ? "no whole answer (" + answer->why + ")" : fmt::format("answered {}", answer->status);
      return infrastructure_error(
          fmt::format("{}: {} after {} tries; the same command goes on where it stopped ({} bytes so far)", url, why,
                      n_tried, now));
    }
    wait_before_retry(*answer, options, n_tried);
  }
}

// --- rows of a split ---

// How many rows are there already; a torn last one is cut off.
size_t rows_in(const std::string& part) {
  std::string text = read_small(part);
  const size_t end = text.rfind('\n') + 1; // npos + 1: nothing
  std::error_code error;
  if (end < text.size()) fs::resize_file(part, end, error);
  return static_cast<size_t>(std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(end), '\n'));
}

struct Page {
  std::string lines; // JSONL
  size_t n_rows = 0, n_total = 0;
};

Result<Page> read_page(const Json& answer, const std::string& url) {
  const Json* rows = find_member(answer, "rows");
  if (rows == nullptr || !rows->is_array())
    return usage_error(fmt::format("{}: the answer has no list \"rows\"", url));
  Page page;
  for (const Json& wrapped : *rows) {
    const Json* row = find_member(wrapped, "row");
    const Json* cut = find_member(wrapped, "truncated_cells");
    if (row == nullptr) return usage_error(fmt::format("{}: a row has no \"row\"", url));
    if (cut != nullptr && cut->is_array() && !cut->empty())
      return usage_error(fmt::format("{}: the server cut long cells; fetch the data set's files instead", url));
    page.lines += dump_json(*row) + "\n";
  }
  page.n_rows = rows->size();
  page.n_total = static_cast<size_t>(std::max<int64_t>(get_int(answer, "num_rows_total").value_or(0), 0));
  return page;
}

Result<Page> fetch_page(std::string_view origin, size_t offset, const std::string& path,
                        const FetchOptions& options) {
  auto url = url_of_origin(origin, offset);
  if (!url) return url.error();
  if (Status got = fetch_file(*url, path, options); !got) return got.error();
  std::string text = read_small(path);
  std::error_code error;
  fs::remove(path, error);
  auto answer = parse_json(text, *url);
  return answer ? read_page(*answer, *url) : Result<Page>(answer.error());
}

// Page by page; an interrupted call is continued at the next page.
Status fetch_rows(std::string_view origin, const std::string& path, const FetchOptions& options) {
  const Part part{path + ".part"};
  for (size_t offset = rows_in(part.path);;) {
    auto page = fetch_page(origin, offset, path + ".page", options);
    if (!page) return page.error();
    std::ofstream out(part.path, std::ios::binary | std::ios::app);
    out << page->lines;
    out.close();
    if (!out) return infrastructure_error(fmt::format("cannot write {}: is the disk full?", part.path));
    offset += page->n_rows;
    if (page->n_rows == 0 || offset >= page->n_total) return move_into_place(part, path);
  }
}

// "OWNER/NAME[@REVISION]/PATH"
struct RepoPath {
  std::string owner, name, revision, path;
};

std::optional<RepoPath> repo_path(std::string_view text) {
  const size_t first = text.find('/'), second = first == text.npos ? first : text.find('/', first + 1);
  if (second == text.npos || second + 1 == text.size()) return std::nullopt;
  std::string_view name = text.substr(first + 1, second - first - 1);
  const size_t at = name.find('@');
  RepoPath result{std::string(text.substr(0, first)), std::string(name.substr(0, at)), "",
                  std::string(text.substr(second + 1))};
  if (at != name.npos) result.revision = name.substr(at + 1);
  return result;
}

} // namespace

bool is_rows_origin(std::string_view origin) { return origin.starts_with("hf-rows:"); }

bool is_origin(std::string_view text) {
  for (std::string_view kind : {"http://", "https://", "github:", "hf:", "hf-rows:"})
    if (text.starts_with(kind)) return true;
  return false;
}

std::string file_of_origin(std::string_view origin) {
  if (!is_rows_origin(origin)) {
    origin = origin.substr(0, origin.find_first_of("?#"));
    return std::string(origin.substr(origin.rfind('/') + 1));
  }
  std::string name(origin.substr(origin.find('/') + 1));
  std::replace(name.begin(), name.end(), '/', '_');
  return name + ".jsonl";
}

Result<std::string> url_of_origin(std::string_view origin, size_t offset) {
  const std::string hub = environment("HF_ENDPOINT", "https://huggingface.co");
  if (origin.starts_with("http://") || origin.starts_with("https://")) return std::string(origin);
  const size_t colon = origin.find(':');
  const std::string_view kind = origin.substr(0, colon), rest = colon == origin.npos ? "" : origin.substr(colon + 1);
  auto repo = repo_path(rest);
  if (kind == "github" && repo)
    return fmt::format("{}/{}/{}/{}/{}", environment("GITHUB_RAW", "https://raw.githubusercontent.com"), repo->owner,
                       repo->name, repo->revision.empty() ? "HEAD" : repo->revision, repo->path);
  if (kind == "hf" && repo)
    return fmt::format("{}/datasets/{}/{}/resolve/{}/{}", hub, repo->owner, repo->name,
                       repo->revision.empty() ? "main" : repo->revision, repo->path);
  std::vector<std::string_view> words = split(rest, '/');
  if (kind == "hf-rows" && words.size() == 4) {
    const bool own = hub != "https://huggingface.co";
    return fmt::format("{}/rows?dataset={}%2F{}&config={}&split={}&offset={}&length={}", own ? hub : kRowsServer,
                       words[0], words[1], words[2], words[3], offset, kPageRows);
  }
  return usage_error(
      fmt::format("{}: an origin is github:OWNER/REPO[@REVISION]/PATH, hf:OWNER/DATASET[@REVISION]/PATH, "
                  "hf-rows:OWNER/DATASET/CONFIG/SPLIT or a URL",
                  origin));
}

Status fetch_origin(std::string_view origin, const std::string& path, const FetchOptions& options) {
  auto url = url_of_origin(origin);
  if (!url) return url.error();
  if (Status made = make_folder_of(path); !made) return made;
  FetchOptions own = options;
  if (origin.starts_with("github:")) own.token.clear();
  return is_rows_origin(origin) ? fetch_rows(origin, path, own) : fetch_file(*url, path, own);
}

} // namespace proctor
