// inspect: prints what is in a book, model, score file, offer list, choice or run.
#include <fmt/format.h>

#include <fmt/ranges.h>

#include <array>
#include <cmath>
#include <filesystem>
#include <iostream>
#include <limits>
#include <map>

#include "borrowers/book.hpp"
#include "foundation/text.hpp"
#include "jobs/stage.hpp"
#include "models/model.hpp"
#include "parallel/agreement.hpp"
#include "storage/publish.hpp"
#include "storage/table_file.hpp"

namespace proffer::jobs {
namespace {

std::string shape_text(const storage::Shape& shape) {
  std::string text;
  for (std::uint64_t dim : shape.dims)
    text += (text.empty() ? "" : " × ") + with_thousands(static_cast<long long>(dim));
  return text.empty() ? "1" : text;
}

std::string counted(const storage::TableReader& table, const std::string& path) {
  std::map<int, std::uint64_t> counts;
  const std::uint64_t rows = table.info(path).shape.rows();
  constexpr std::uint64_t batch = 256 * storage::block_rows;
  for (std::uint64_t first = 0; first < rows; first += batch)
    for (std::uint8_t code : table.read_rows<std::uint8_t>(path, first, std::min(batch, rows - first))) ++counts[code];
  std::string text;
  for (const auto& [code, count] : counts)
    text += fmt::format("{}{}: {}", text.empty() ? "" : ", ", code, with_thousands(static_cast<long long>(count)));
  return text;
}

struct ColumnFigures {
  std::uint64_t missing = 0;
  double sum = 0;
  float lowest = std::numeric_limits<float>::infinity(), highest = -std::numeric_limits<float>::infinity();
};

/// Missing share, mean and range of every feature; one pass.
std::vector<ColumnFigures> column_figures(const borrowers::BookReader& book) {
  std::vector<ColumnFigures> figures(book.schema().columns.size());
  constexpr std::uint64_t batch_rows = 16 * storage::block_rows;
  for (std::uint64_t first = 0; first < book.rows(); first += batch_rows) {
    const borrowers::Batch batch = book.read(first, std::min(batch_rows, book.rows() - first));
    for (std::size_t i = 0; i < batch.rows(); ++i)
      for (std::size_t c = 0; c < figures.size(); ++c) {
        const float value = batch.row(i)[c];
        if (std::isnan(value)) {
          ++figures[c].missing;
          continue;
        }
        figures[c].sum += static_cast<double>(value);
        figures[c].lowest = std::min(figures[c].lowest, value);
        figures[c].highest = std::max(figures[c].highest, value);
      }
  }
  return figures;
}

std::string_view role_name(borrowers::Role role) {
  constexpr std::array<std::string_view, 4> names = {"feature", "monitor_only", "post_outcome", "excluded"};
  return names[static_cast<std::size_t>(role)];
}

std::string book_text(const std::filesystem::path& path) {
  const borrowers::BookReader book(path);
  std::string text = fmt::format("{:<28} {:<11} {:<13} {:>8} {:>12} {:>12} {:>12}\n", "column", "kind", "role",
                                 "missing", "mean", "lowest", "highest");
  const auto figures = column_figures(book);
  for (std::size_t c = 0; c < figures.size(); ++c) {
    const borrowers::Column& column = book.schema().columns[c];
    const double present = static_cast<double>(book.rows() - figures[c].missing);
    text += fmt::format(
        "{:<28} {:<11} {:<13} {:>7.2f}% {:>12.6g} {:>12.6g} {:>12.6g}\n", column.name,
        column.kind == borrowers::Kind::categorical ? "categorical" : "numeric", role_name(column.role),
        book.rows() == 0 ? 0.0 : 100.0 * static_cast<double>(figures[c].missing) / static_cast<double>(book.rows()),
        figures[c].sum / present, figures[c].lowest, figures[c].highest);
    if (!column.dictionary.empty() && column.dictionary.size() <= 12)
      text += fmt::format("{:<28} labels: {}\n", "", fmt::join(column.dictionary, ", "));
  }
  for (const std::string_view outcome : borrowers::outcome_names)
    if (book.has_outcome(outcome))
      text += fmt::format("outcome {:<10} {}\n", outcome, counted(book.table(), fmt::format("/outcome/{}", outcome)));
  if (book.has_offers()) text += fmt::format("offers: contacted {}\n", counted(book.table(), "/offer/contacted"));
  return text;
}

std::string table_text(const std::filesystem::path& path) {
  const storage::TableReader table(path);
  std::string text = fmt::format("{}: {} {}\n", path.string(), table.format(), table.version());
  for (const storage::DatasetInfo& info : table.datasets())
    text += fmt::format("  {:<36} {:<4} {}{}\n", info.path, storage::name_of(info.type), shape_text(info.shape),
                        info.checksummed ? "" : "  (no checksum)");
  if (table.format() == "proffer-book") text += book_text(path);
  if (table.format() == "proffer-offers") {
    const auto names = table.texts("/schema/decisions");
    text += "decisions: " + counted(table, "/decision/code") + "\n";
    for (std::size_t d = 0; d < names.size(); ++d) text += fmt::format("  {} = {}\n", d, names[d]);
  }
  if (table.format() == "proffer-scores") {
    text += fmt::format("offers:\n  {}\n", fmt::join(table.texts("/catalog/name"), "\n  "));
    text += fmt::format("assumptions:\n  {}\n", fmt::join(table.texts("/assumptions/text"), "\n  "));
  }
  return text;
}

std::string model_text(const std::filesystem::path& path) {
  const models::Model model = models::read_model_file(path);
  std::string text = fmt::format("{}: model {} of {}, {} trees, {} inputs", path.string(), model.name,
                                 models::name_of(model.target), model.forest.trees.size(), model.inputs());
  if (model.horizon_months > 0) text += fmt::format(", horizon {} months", model.horizon_months);
  text += "\n";
  for (const auto& [part, facts] : model.training["parts"].items())
    text += fmt::format("  {:<12} {} rows, {} positives\n", part, with_thousands(facts["rows"].get<long long>()),
                        with_thousands(facts["positives"].get<long long>()));
  text += "  inputs by gain:\n";
  std::size_t shown = 0;
  for (const auto& entry : model.training["importance"]) {
    if (++shown > 15) break;
    text += fmt::format("    {:<28} gain {:>12.5g}, {} splits\n", entry["input"].get<std::string>(),
                        entry["gain"].get<double>(), entry["splits"].get<long long>());
  }
  return text;
}

std::string uplift_text(const std::filesystem::path& path, const nlohmann::json& model) try {
  std::string text = fmt::format("{}: uplift model {} of {} by {}, {}-learner, {} inputs\n", path.string(),
                                 model.at("name").get<std::string>(), model.at("outcome").get<std::string>(),
                                 model.at("treatment").get<std::string>(), model.at("learner").get<std::string>(),
                                 model.at("features").size());
  for (const auto& arm : model.at("arms"))
    text +=
        fmt::format("  arm {:<24} {:>5.1f} % of the training rows, {} trees{}\n", arm.at("label").get<std::string>(),
                    100 * arm.at("share").get<double>(), arm.at("outcome").at("trees").size(),
                    arm.contains("effect")
                        ? fmt::format(", of the effect {} and {}", arm.at("effect").at("of_treated").at("trees").size(),
                                      arm.at("effect").at("of_controls").at("trees").size())
                        : "");
  for (const auto& [part, facts] : model.at("training").at("parts").items())
    text += fmt::format("  {:<12} {} rows, {} positives\n", part, with_thousands(facts.at("rows").get<long long>()),
                        with_thousands(facts.at("positives").get<long long>()));
  return text;
} catch (const nlohmann::json::exception& error) {
  throw DataError({path.string() + " cannot be read as an uplift model", error.what(), "train again"});
}

std::string run_text(const std::filesystem::path& path) {
  if (!std::filesystem::exists(path / "manifest.json"))
    throw UsageError({path.string() + " is not a run directory", "no manifest.json", "name a file in it"});
  const auto manifest = nlohmann::json::parse(storage::read_text_file(path / "manifest.json"));
  std::string text =
      fmt::format("{}: {} run, {}\n", path.string(), manifest.value("job", "?"), manifest.value("status", "?"));
  for (const auto& [name, stage] : manifest["stages"].items()) {
    text += fmt::format("  {:<10} {:<10} {:.1f} s\n", name, stage.value("status", "?"), stage.value("seconds", 0.0));
    for (const auto& file : stage.value("files", nlohmann::json::array()))
      text += fmt::format("    {:<32} {:>14} bytes  {}\n", file["path"].get<std::string>(),
                          with_thousands(file["bytes"].get<long long>()), file["sha256"].get<std::string>());
  }
  return text;
}

std::string describe(const std::filesystem::path& path) {
  if (std::filesystem::is_directory(path)) return run_text(path);
  if (path.extension() == ".json") {
    const std::string text = storage::read_text_file(path);
    const auto json = nlohmann::json::parse(text, nullptr, false);
    if (!json.is_discarded() && json.value("format", "") == "proffer-model") return model_text(path);
    if (!json.is_discarded() && json.value("format", "") == "proffer-uplift") return uplift_text(path, json);
    return text;
  }
  return table_text(path);
}

}  // namespace

ExitCode inspect(const Context& context) {
  std::string text;
  parallel::on_root(context.comm, [&] {
    if (context.invocation.inputs.empty())
      throw UsageError({"inspect takes a file or run directory", "none was given", "proffer inspect runs/demo"});
    for (const std::string& input : context.invocation.inputs) text += describe(input);
  });
  if (context.comm.is_root()) std::cout << text;
  return ExitCode::done;
}

}  // namespace proffer::jobs
