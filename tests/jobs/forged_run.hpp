// A copy of a finished run in which something was changed, and everything that could give it away by itself (checksums,
// digests in the manifest, the config hash) made to fit again.
#pragma once

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "foundation/hash.hpp"
#include "storage/publish.hpp"
#include "table_edit.hpp"

namespace forged {

using nlohmann::json;
namespace fs = std::filesystem;

class Run {
 public:
  /// Files are linked, not copied: whoever changes one writes a new one.
  Run(const fs::path& good, fs::path folder) : folder_(std::move(folder)) {
    fs::remove_all(folder_);
    fs::copy(good, folder_, fs::copy_options::recursive | fs::copy_options::create_hard_links);
    manifest = read_json("manifest.json");
  }
  ~Run() { fs::remove_all(folder_); }
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

  json manifest;

  [[nodiscard]] const fs::path& folder() const { return folder_; }
  [[nodiscard]] fs::path operator/(const std::string& path) const { return folder_ / path; }
  [[nodiscard]] std::string read(const std::string& path) const {
    return proffer::storage::read_text_file(folder_ / path);
  }
  void write(const std::string& path, const std::string& text) const {
    proffer::storage::write_text_file(folder_ / path, text);
  }
  [[nodiscard]] json read_json(const std::string& path) const { return json::parse(read(path)); }

  template <class Change>
  void table(const std::string& path, const Change& change) const {
    table_edit::File file = table_edit::load(folder_ / path);
    change(file);
    table_edit::save(std::move(file), folder_ / path);
  }
  template <class Change>
  void text(const std::string& path, const Change& change) const {
    std::string text = read(path);
    change(text);
    write(path, text);
  }
  template <class Change>
  void object(const std::string& path, const Change& change) const {
    json object = read_json(path);
    change(object);
    write(path, object.dump(2) + "\n");
  }
  void set(const std::string& setting, const std::string& value) { manifest["settings"][setting] = value; }

  /// Gives every file the digest that it has now, and the config the hash of its settings and inputs.
  void seal() {
    const auto self = proffer::parallel::self();
    for (auto& [name, stage] : manifest["stages"].items())
      for (auto& file : stage["files"]) {
        const fs::path path = folder_ / file["path"].get<std::string>();
        file["sha256"] = proffer::storage::file_digest(self, path);
        file["bytes"] = fs::file_size(path);
      }
    std::string text;
    for (const auto& [name, value] : manifest["settings"].items()) text += name + "=" + value.get<std::string>() + "\n";
    for (auto& input : manifest["inputs"]) {
      input["sha256"] = proffer::storage::file_digest(self, input["path"].get<std::string>());
      text += "input " + input["name"].get<std::string>() + "=" + input["sha256"].get<std::string>() + "\n";
    }
    manifest["config_hash"] = proffer::hex(proffer::sha256(text));
    write("manifest.json", manifest.dump(2) + "\n");
  }

 private:
  fs::path folder_;
};

}  // namespace forged
