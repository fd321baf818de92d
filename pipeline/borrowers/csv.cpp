#include "borrowers/csv.hpp"

#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "foundation/error.hpp"

namespace proffer::borrowers {
namespace {

constexpr std::uint64_t read_step = std::uint64_t{1} << 16;
constexpr std::uint64_t longest_line = std::uint64_t{1} << 26;
constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";

/// Files that people take for CSV files, by their first bytes.
void refuse_other_formats(std::string_view bytes, const std::filesystem::path& path) {
  if (bytes.starts_with("\xff\xfe") || bytes.starts_with("\xfe\xff"))
    throw DataError({path.string() + " is UTF-16 text", "expected UTF-8 or ASCII", "save it as UTF-8"});
  if (bytes.starts_with("PK\x03\x04"))
    throw DataError({path.string() + " is a zip archive or a spreadsheet", "expected CSV, plain or gzip",
                     "unpack it, or save it as CSV"});
  if (bytes.starts_with("\x89HDF\r\n"))
    throw DataError({path.string() + " is an HDF5 file", "expected CSV, plain or gzip", "a book needs no ingest"});
}

struct GzClose {
  void operator()(gzFile file) const { gzclose(file); }
};

/// A window that moves forward over the unpacked bytes. zlib reads plain files as they are and seeks in them.
class Window {
 public:
  explicit Window(std::filesystem::path path) : path_(std::move(path)) { open(); }

  void open() {
    errno = 0;
    file_.reset(gzopen(path_.c_str(), "rb"));
    if (!file_) {
      const std::string why = errno != 0 ? std::strerror(errno) : "out of memory";
      throw UsageError({"cannot open the CSV file " + path_.string(), why, "check the path"});
    }
    gzbuffer(file_.get(), 1U << 17);
    bytes_.clear();
    begin_ = 0;
    at_end_ = false;
  }

  /// Makes the window begin at `from` (never before the last `from`) and reach to `to`, or the end of the file.
  void cover(std::uint64_t from, std::uint64_t to) {
    if (from >= begin_ + bytes_.size() && !at_end_) {
      if (from > begin_ + bytes_.size() && gzseek(file_.get(), static_cast<z_off_t>(from), SEEK_SET) < 0) fail();
      bytes_.clear();
    } else {
      bytes_.erase(0, std::min<std::uint64_t>(from - begin_, bytes_.size()));
    }
    begin_ = from;
    extend(to);
  }

  void extend(std::uint64_t to) {
    while (!at_end_ && begin_ + bytes_.size() < to) {
      const std::size_t had = bytes_.size();
      const std::size_t want = std::max<std::uint64_t>(to - begin_ - had, read_step);
      bytes_.resize(had + want);
      const int got = gzread(file_.get(), bytes_.data() + had, static_cast<unsigned>(want));
      if (got < 0) fail();
      bytes_.resize(had + static_cast<std::size_t>(got));
      if (static_cast<std::size_t>(got) < want) finish();
    }
  }

  /// Offset just behind the first line feed at or after `from`; the end of the file where there is none.
  std::uint64_t after_line_feed(std::uint64_t from) {
    std::uint64_t looked = from;
    while (true) {
      extend(looked + 1);
      if (looked >= end()) return end();
      const std::size_t feed = bytes_.find('\n', looked - begin_);
      if (feed != std::string::npos) return begin_ + feed + 1;
      looked = end();
      if (looked - from > longest_line)
        throw DataError({path_.string() + " has a line of more than 64 MiB", "is it a CSV file?", "check the file"});
      extend(looked + read_step);
    }
  }

  [[nodiscard]] std::string_view view(std::uint64_t from, std::uint64_t to) const {
    return std::string_view(bytes_).substr(from - begin_, to - from);
  }
  [[nodiscard]] std::uint64_t begin() const { return begin_; }
  [[nodiscard]] std::uint64_t end() const { return begin_ + bytes_.size(); }
  [[nodiscard]] bool is_plain() { return gzdirect(file_.get()) != 0; }

 private:
  /// A gzip file that was cut off ends early without an error of gzread.
  void finish() {
    at_end_ = true;
    int code = Z_OK;
    gzerror(file_.get(), &code);
    if (code != Z_OK && code != Z_STREAM_END) fail();
  }
  [[noreturn]] void fail() {
    int code = Z_OK;
    const std::string text = gzerror(file_.get(), &code);
    if (code == Z_ERRNO)
      throw SystemError({"cannot read " + path_.string(), std::strerror(errno), "check the file and its disk"});
    throw DataError(
        {path_.string() + " is a broken gzip file", code == Z_BUF_ERROR ? "it ends too early" : text, "copy it again"});
  }

  std::filesystem::path path_;
  std::unique_ptr<gzFile_s, GzClose> file_;
  std::string bytes_;
  std::uint64_t begin_ = 0;
  bool at_end_ = false;
};

}  // namespace

struct CsvFile::State {
  std::filesystem::path path;
  CsvFormat format;
  std::uint64_t block_bytes;
  Window window;
  std::vector<std::string> header;
  std::uint64_t data_begin = 0;
  std::optional<std::uint64_t> blocks;

  State(std::filesystem::path file, CsvFormat csv_format, std::uint64_t bytes)
      : path(std::move(file)), format(csv_format), block_bytes(bytes), window(path) {
    read_header();
    if (!window.is_plain()) return;
    const std::uint64_t size = std::filesystem::file_size(path);
    blocks = size > data_begin ? (size - data_begin + block_bytes - 1) / block_bytes : 0;
  }

  void read_header() {
    window.cover(0, read_step);
    if (window.end() == 0)
      throw DataError({path.string() + " is empty", "expected a header and rows", "check the file"});
    refuse_other_formats(window.view(0, window.end()), path);
    std::uint64_t begin = window.view(0, window.end()).starts_with(byte_order_mark) ? byte_order_mark.size() : 0;
    std::uint64_t end = window.after_line_feed(begin);
    for (std::uint64_t line = 1; line < format.header_line; ++line) {
      begin = end;
      end = window.after_line_feed(begin);
    }
    if (begin == window.end())
      throw DataError({path.string() + " ends before line " + std::to_string(format.header_line),
                       "header_line says that the header stands there", "check header_line"});
    name_columns(window.view(begin, end));
    data_begin = format.header_line == 0 ? begin : end;
  }

  void name_columns(std::string_view text) {
    CellSplitter splitter(format.separator);
    for_each_line(text, [&](std::string_view line) {
      try {
        for (const std::string_view cell : splitter.split(line)) header.emplace_back(cell);
      } catch (const RowProblem& problem) {
        throw DataError({path.string() + ":" + std::to_string(format.header_line) + ":" +
                             std::to_string(problem.column) + ": the header holds " + problem.value,
                         problem.reason, "correct the header or header_line"});
      }
    });
    if (format.header_line > 0) return;
    for (std::size_t c = 0; c < header.size(); ++c) header[c] = "#" + std::to_string(c + 1);
  }

  /// Sets `block` to the lines that start in its range; false where the file ends before the range.
  bool load(std::uint64_t number, CsvBlock& block) {
    const std::uint64_t begin = data_begin + number * block_bytes;
    const std::uint64_t end = begin + block_bytes;
    // From one byte earlier: a line starts at `begin` if a line feed stands just before it.
    const std::uint64_t from = number == 0 ? begin : begin - 1;
    window.cover(from, end);
    if (window.end() <= begin) return false;
    const std::uint64_t first = number == 0 ? begin : window.after_line_feed(from);
    block.number = number;
    block.text = {};
    if (first < end && first < window.end()) {
      const std::uint64_t last = window.after_line_feed(end - 1);
      block.text = window.view(first, last);
    }
    return true;
  }
};

CsvFile::CsvFile(std::filesystem::path path, CsvFormat format, std::uint64_t block_bytes) {
  if (std::filesystem::is_directory(path))
    throw UsageError({"the CSV file " + path.string() + " is a folder", "", "name a file"});
  state_ = std::make_unique<State>(std::move(path), format, block_bytes);
}
CsvFile::~CsvFile() = default;
CsvFile::CsvFile(CsvFile&&) noexcept = default;

const std::filesystem::path& CsvFile::path() const {
  return state_->path;
}
const CsvFormat& CsvFile::format() const {
  return state_->format;
}
const std::vector<std::string>& CsvFile::header() const {
  return state_->header;
}
std::optional<std::uint64_t> CsvFile::blocks() const {
  return state_->blocks;
}

void CsvFile::for_each_block(const std::function<bool(std::uint64_t)>& wanted,
                             const std::function<bool(const CsvBlock&)>& work) {
  state_->window.open();
  // zlib finds out whether a file is plain, and may be seeked in cheaply, when it reads the first bytes.
  state_->window.cover(0, 1);
  CsvBlock block;
  for (std::uint64_t number = 0; !state_->blocks || number < *state_->blocks; ++number) {
    if (!wanted(number)) {
      // The end of a gzip file is met by reading only; nobody wants more blocks than the file has bytes.
      if (!state_->blocks && !state_->load(number, block)) return;
      continue;
    }
    if (!state_->load(number, block) || !work(block)) return;
  }
}

}  // namespace proffer::borrowers
