#include "storage/publish.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <vector>

#include "foundation/error.hpp"
#include "foundation/hash.hpp"
#include "parallel/agreement.hpp"
#include "parallel/collectives.hpp"

namespace proffer::storage {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t digest_block = 16ULL << 20;

std::string reason(int error) {
  return std::system_category().message(error);
}

SystemError failed(const fs::path& path, const char* what, int error) {
  const char* suggestion =
      error == ENOSPC || error == EDQUOT ? "free space or write elsewhere" : "check the file system and permissions";
  return SystemError({path.string() + " cannot be " + what, reason(error), suggestion});
}

/// A file descriptor that closes itself.
class Descriptor {
 public:
  Descriptor(const fs::path& path, int flags) : fd_(::open(path.c_str(), flags | O_CLOEXEC, 0666)) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] bool ok() const { return fd_ >= 0; }
  /// Closes and says whether that worked (NFS reports late write errors here).
  [[nodiscard]] bool close() {
    const int fd = fd_;
    fd_ = -1;
    return ::close(fd) == 0;
  }

 private:
  int fd_;
};

void sync(const fs::path& path, int flags) {
  const Descriptor file(path, flags);
  // Some file systems cannot sync a directory; that is no failure.
  if (!file.ok() || (::fsync(file.get()) != 0 && errno != EINVAL)) throw failed(path, "synced to disk", errno);
}

fs::path folder_of(const fs::path& path) {
  return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

void rename_durably(const fs::path& from, const fs::path& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) throw failed(to, "put in place", errno);
  sync(folder_of(to), O_RDONLY | O_DIRECTORY);
}

void write_all(int fd, std::string_view text, const fs::path& path) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) throw failed(path, "written", errno);
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

void read_block(int fd, std::span<std::byte> into, std::uint64_t offset, const fs::path& path) {
  while (!into.empty()) {
    const ssize_t got = ::pread(fd, into.data(), into.size(), static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw failed(path, "read", errno);
    if (got == 0) throw SystemError({path.string() + " shrank while it was read", "", "let nothing else write to it"});
    into = into.subspan(static_cast<std::size_t>(got));
    offset += static_cast<std::uint64_t>(got);
  }
}

UsageError unreadable(const fs::path& path, const std::string& why) {
  return UsageError({path.string() + " cannot be read", why, "check the path"});
}

std::uint64_t size_of_file(const fs::path& path) {
  std::error_code error;
  const std::uint64_t bytes = fs::file_size(path, error);
  if (error) throw unreadable(path, error.message());
  return bytes;
}

/// The SHA-256 of blocks `mine` of the file, one after another.
std::vector<std::byte> block_digests(const fs::path& path, std::uint64_t bytes, parallel::RowRange mine) {
  std::vector<std::byte> digests;
  if (mine.size() == 0) return digests;
  const Descriptor file(path, O_RDONLY);
  if (!file.ok()) throw unreadable(path, reason(errno));
  std::vector<std::byte> buffer(std::min(digest_block, bytes));
  for (std::uint64_t block = mine.begin; block < mine.end; ++block) {
    const std::uint64_t begin = block * digest_block;
    const auto part = std::span(buffer).first(std::min(digest_block, bytes - begin));
    read_block(file.get(), part, begin, path);
    Sha256 hash;
    hash.update(part);
    const Sha256Digest digest = hash.finish();
    digests.insert(digests.end(), digest.begin(), digest.end());
  }
  return digests;
}

struct SizeAndDigest {
  std::uint64_t bytes;
  std::string sha256;
};

SizeAndDigest digest_of(const parallel::Communicator& comm, const fs::path& path) {
  std::uint64_t bytes = 0;
  parallel::on_root(comm, [&] { bytes = size_of_file(path); });
  parallel::broadcast(comm, std::span(&bytes, 1));
  const auto mine = parallel::part_of((bytes + digest_block - 1) / digest_block, comm.rank(), comm.size());
  std::vector<std::byte> digests;
  parallel::together(comm, [&] { digests = block_digests(path, bytes, mine); });
  const auto all = parallel::all_gather(comm, std::span<const std::byte>(digests));
  Sha256 hash;
  hash.update(std::span<const std::byte>(all));
  return {bytes, hex(hash.finish())};
}

}  // namespace

void write_text_file(const fs::path& path, std::string_view text) {
  fs::path temporary = path;
  temporary += ".partial";
  std::error_code error;
  fs::create_directories(folder_of(path), error);
  if (error) throw failed(path, "written", error.value());
  Descriptor file(temporary, O_WRONLY | O_CREAT | O_TRUNC);
  if (!file.ok()) throw failed(path, "written", errno);
  write_all(file.get(), text, path);
  if (::fsync(file.get()) != 0 || !file.close()) throw failed(path, "written", errno);
  rename_durably(temporary, path);
}

std::string read_text_file(const fs::path& path) {
  const Descriptor file(path, O_RDONLY);
  if (!file.ok()) throw unreadable(path, reason(errno));
  std::string text;
  std::vector<char> buffer(1 << 16);
  for (;;) {
    const ssize_t got = ::read(file.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw unreadable(path, reason(errno));
    if (got == 0) return text;
    text.append(buffer.data(), static_cast<std::size_t>(got));
  }
}

std::string file_digest(const parallel::Communicator& comm, const fs::path& path) {
  return digest_of(comm, path).sha256;
}

Published publish_file(const parallel::Communicator& comm, const fs::path& temporary, const fs::path& final_path) {
  parallel::on_root(comm, [&] { sync(temporary, O_RDONLY); });
  const SizeAndDigest known = digest_of(comm, temporary);
  parallel::on_root(comm, [&] { rename_durably(temporary, final_path); });
  return {final_path, known.bytes, known.sha256};
}

Published publish_text(const parallel::Communicator& comm, const fs::path& path, std::string_view text) {
  parallel::on_root(comm, [&] { write_text_file(path, text); });
  const SizeAndDigest known = digest_of(comm, path);
  return {path, known.bytes, known.sha256};
}

}  // namespace proffer::storage
