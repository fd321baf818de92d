// Plain files (CSV, JSON, text) with the same promise: nothing half-written is ever seen under the final name.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "parallel/communicator.hpp"
#include "storage/table_file.hpp"

namespace proffer::storage {

/// Independent; call it on one rank. Writes PATH.partial, fsyncs, renames. SystemError (disk full, not writable …).
void write_text_file(const std::filesystem::path& path, std::string_view text);
/// Independent. UsageError where absent or unreadable.
[[nodiscard]] std::string read_text_file(const std::filesystem::path& path);
/// Collective. Digest of a file: SHA-256 over the SHA-256 of its 16 MiB blocks, hex. Same on every rank.
[[nodiscard]] std::string file_digest(const parallel::Communicator& comm, const std::filesystem::path& path);
/// Collective. Renames a finished temporary file to its final name (root), fsyncs file and directory, digests it.
[[nodiscard]] Published publish_file(const parallel::Communicator& comm, const std::filesystem::path& temporary,
                                     const std::filesystem::path& final_path);

/// Collective. The root's text as a file, written as write_text_file does, and its digest on every rank.
[[nodiscard]] Published publish_text(const parallel::Communicator& comm, const std::filesystem::path& path,
                                     std::string_view text);

}  // namespace proffer::storage
