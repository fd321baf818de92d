// make_broken RUNDIR FOLDER: from the books and scores of a good run, the HDF5 files that broken_inputs.sh tries: each
// is a good file with one thing changed, and with checksums that fit.
#include <cstdio>
#include <filesystem>
#include <functional>
#include <limits>

#include "parallel/communicator.hpp"
#include "storage/publish.hpp"
#include "storage/table_file.hpp"
#include "table_edit.hpp"

namespace {

using namespace table_edit;

/// The first rows of every table of a book or score file.
File head(File file, std::uint64_t rows) {
  const std::uint64_t all = file["/borrower/id"].rows();
  for (auto& [name, data] : file.datasets) {
    if (!data.texts.empty() || data.dims.empty() || data.dims[0] != all) continue;
    data.bytes.resize(data.bytes.size() / all * rows);
    data.dims[0] = rows;
  }
  return file;
}

class Maker {
 public:
  explicit Maker(std::filesystem::path folder) : folder_(std::move(folder)) {}
  /// Writes NAME.h5: `good` with one thing changed.
  void operator()(const std::string& name, File good, const std::function<void(File&)>& change) const {
    change(good);
    save(std::move(good), folder_ / (name + ".h5"));
  }

 private:
  std::filesystem::path folder_;
};

void make_books(const Maker& make, const File& book) {
  constexpr float infinity = std::numeric_limits<float>::infinity();
  const auto all_codes = [](File& file, const std::string& path, std::uint8_t code) {
    for (std::uint8_t& value : file[path].as<std::uint8_t>()) value = code;
  };
  make("book", book, [](File&) {});
  make("book_infinite", book,
       [](File& f) { f["/borrower/features"].as<float>()[517 * f["/borrower/features"].dims[1]] = -infinity; });
  make("book_empty", head(book, 0), [](File&) {});
  make("book_two_rows", head(book, 2), [](File&) {});
  make("book_one_class", book, [&](File& f) { all_codes(f, "/outcome/responded", 0); });
  make("book_no_outcome_known", book, [&](File& f) { all_codes(f, "/outcome/responded", 255); });
  make("book_outcome_code", book, [](File& f) { f["/outcome/responded"].as<std::uint8_t>()[44] = 7; });
  make("book_product_code", book, [](File& f) { f["/offer/product"].as<std::uint8_t>()[3] = 9; });
  make("book_no_responded", book, [](File& f) { f.datasets.erase("/outcome/responded"); });
  make("book_no_offers", book,
       [](File& f) { std::erase_if(f.datasets, [](const auto& d) { return d.first.starts_with("/offer/"); }); });
  make("book_type", book, [](File& f) { f["/borrower/as_of"] = dataset(std::vector<double>(600, 20240131.0), {600}); });
  make("book_shape", book, [](File& f) { f["/borrower/unit"] = dataset(std::vector<std::uint64_t>(599, 1), {599}); });
  make("book_columns", book, [](File& f) { f["/schema/kind"].texts.pop_back(); });
  make("book_kind", book, [](File& f) { f["/schema/kind"].texts[2] = "ordinal"; });
  make("book_no_features", book, [](File& f) { f.datasets.erase("/borrower/features"); });
  make("book_newer", book, [](File& f) { f.attributes["format_version"] = "2.0"; });
  make("book_minor", book, [](File& f) { f.attributes["format_version"] = "1.9"; });
  make("book_no_format", book, [](File& f) { f.attributes.erase("format"); });
}

/// Flips one bit of row 300 of the features of the book in `from`.
void flip_a_bit(const std::filesystem::path& from, const std::filesystem::path& to) {
  const auto row = storage::TableReader(from).read_rows<float>("/borrower/features", 300, 1);
  std::string text = storage::read_text_file(from);
  const auto at = text.find(std::string_view(reinterpret_cast<const char*>(row.data()), row.size() * sizeof(float)));
  text.at(at) = static_cast<char>(text.at(at) ^ 4);
  storage::write_text_file(to, text);
}

void make_scores(const Maker& make, const File& scores) {
  make("scores", scores, [](File&) {});
  make("scores_shape", scores, [](File& f) {
    Dataset& take = f["/score/p_take"];
    take.dims[1] -= 1;
    take.bytes.resize(take.dims[0] * take.dims[1] * sizeof(float));
  });
  make("scores_nan", scores, [](File& f) {
    for (float& value : f["/score/value"].as<float>()) value = std::numeric_limits<float>::quiet_NaN();
  });
  make("scores_newer", scores, [](File& f) { f.attributes["format_version"] = "3.1"; });
}

/// Six borrowers, two offers, two limits: at most two of the first offer, in all at most four.
File good_problem() {
  File file;
  file.attributes = {{"format", "proffer-allocation"}, {"format_version", "1.0"}};
  file.datasets["/id"] = dataset<std::uint64_t>({1, 2, 3, 4, 5, 6}, {6});
  file.datasets["/value"] = dataset<double>({5, 4, 6, 2, 3, 3, 7, 1, 2, 2, 4, 5}, {6, 2});
  file.datasets["/use"] = dataset<double>({1, 0, 1, 1}, {2, 2});
  file.datasets["/limit"] = dataset<double>({2, 4}, {2});
  file.datasets["/sense"] = dataset<std::uint8_t>({0, 0}, {2});
  file.datasets["/name"] = {Type::u8, {}, {}, {"first offers", "all offers"}};
  return file;
}

void make_problems(const Maker& make) {
  const File good = good_problem();
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  make("problem", good, [](File&) {});
  make("problem_one_row",
       head(
           [&] {
             File file = good;
             file.datasets["/borrower/id"] = file["/id"];
             return file;
           }(),
           1),
       [](File& f) { f.datasets.erase("/borrower/id"); });
  make("problem_value_nan", good, [](File& f) { f["/value"].as<double>()[7] = nan; });
  make("problem_value_type", good, [](File& f) { f["/value"] = dataset(std::vector<float>(12, 1.0F), {6, 2}); });
  make("problem_value_vector", good, [](File& f) { f["/value"].dims = {12}; });
  make("problem_use_shape", good, [](File& f) { f["/use"] = dataset(std::vector<double>(6, 1.0), {2, 3}); });
  make("problem_use_nan", good, [](File& f) { f["/use"].as<double>()[3] = nan; });
  make("problem_limit_nan", good, [](File& f) { f["/limit"].as<double>()[1] = nan; });
  make("problem_sense", good, [](File& f) { f["/sense"].as<std::uint8_t>()[1] = 7; });
  make("problem_no_id", good, [](File& f) { f.datasets.erase("/id"); });
  make("problem_id_short", good, [](File& f) { f["/id"] = dataset<std::uint64_t>({1, 2, 3}, {3}); });
  make("problem_id_twice", good, [](File& f) { f["/id"].as<std::uint64_t>()[5] = 1; });
  make("problem_choose", good, [](File& f) { f.attributes["choose"] = "any"; });
  make("problem_equality", good, [](File& f) {
    f["/sense"].as<std::uint8_t>()[0] = 2;
    f["/use"].as<double>()[0] = 0.5;
  });
  make("problem_infeasible", good, [](File& f) {
    f["/sense"].as<std::uint8_t>()[1] = 1;
    f["/use"].as<double>()[3] = 0;
  });
  make("problem_no_offers", good, [](File& f) { f["/value"] = dataset<double>({}, {6, 0}); });
  make("problem_65_limits", good, [](File& f) {
    f["/limit"] = dataset(std::vector<double>(65, 1.0), {65});
    f["/sense"] = dataset(std::vector<std::uint8_t>(65, 0), {65});
    f["/use"] = dataset(std::vector<double>(130, 1.0), {65, 2});
    f.datasets.erase("/name");
  });
}

}  // namespace

int main(int argc, char** argv) {
  parallel::Session session(argc, argv);
  if (argc != 3) {
    std::fprintf(stderr, "usage: make_broken RUNDIR FOLDER\n");
    return 2;
  }
  const std::filesystem::path run = argv[1];
  const std::filesystem::path folder = argv[2];
  const Maker make(folder);
  make_books(make, head(load(run / "books/training.h5"), 600));
  flip_a_bit(folder / "book.h5", folder / "book_flipped.h5");
  make_scores(make, load(run / "scores/scores.h5"));
  make_problems(make);
  return 0;
}
