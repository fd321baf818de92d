// A config as a whole: loading it, refusing what nobody read, its hash.
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>

#include "foundation/text.hpp"
#include "parallel/agreement.hpp"
#include "parallel/collectives.hpp"
#include "settings/section_node.hpp"

namespace proffer::settings {

namespace {

std::string text_of(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  std::ostringstream text;
  if (!std::filesystem::is_directory(file)) text << stream.rdbuf();
  if (!stream.is_open() || stream.bad() || std::filesystem::is_directory(file))
    throw UsageError({"the config file " + file.string() + " cannot be read",
                      std::filesystem::is_directory(file) ? "it is a folder" : std::strerror(errno), "check the path"});
  return text.str();
}

/// "NAME\0value\0…" of the variables that the config names and that are set here.
std::string environment_of(const std::string& text, const std::vector<std::string>& overrides) {
  std::vector<std::string> names = environment_names(text);
  for (const std::string& change : overrides) {
    const std::vector<std::string> more = environment_names(change);
    names.insert(names.end(), more.begin(), more.end());
  }
  std::string packed;
  for (const std::string& name : names)
    if (const char* value = std::getenv(name.c_str()))
      packed.append(name).append(1, '\0').append(value).append(1, '\0');
  return packed;
}

std::map<std::string, std::string> unpacked(const std::string& packed) {
  std::map<std::string, std::string> environment;
  for (std::size_t at = 0; at < packed.size();) {
    const std::size_t name_end = packed.find('\0', at);
    const std::size_t value_end = packed.find('\0', name_end + 1);
    environment[packed.substr(at, name_end - at)] = packed.substr(name_end + 1, value_end - name_end - 1);
    at = value_end + 1;
  }
  return environment;
}

TreePtr tree_of(std::string_view text, std::string_view name, const std::vector<std::string>& overrides) {
  TreePtr tree = parse_yaml(text, name);
  if (tree->kind != Tree::Kind::mapping && tree->kind != Tree::Kind::null)
    throw UsageError({tree->at.text() + ": the config " + what_stands_there(*tree), "it must be a mapping",
                      "write lines of the form key: value"});
  for (const std::string& change : overrides) tree = with_override(tree, change);
  return tree;
}

/// Walks the mappings that were read and stops at the first key that was not.
class UnreadCheck {
 public:
  explicit UnreadCheck(const Record& record) : record_(record) {}

  void mapping(const std::string& path, const Tree& tree) const {
    static const std::set<std::string> nothing;
    const auto found = record_.known.find(path);
    const std::set<std::string>& known = found == record_.known.end() ? nothing : found->second;
    for (const Entry& entry : tree.entries) {
      const std::string child = joined(path, entry.key);
      if (known.contains(entry.key)) {
        if (record_.opened.contains(child)) below(child, *entry.value);
      } else if (!is_free(path, entry)) {
        refuse(child, entry, known);
      }
    }
  }

 private:
  void below(const std::string& path, const Tree& tree) const {
    if (tree.kind == Tree::Kind::mapping) mapping(path, tree);
    for (std::size_t i = 0; i < tree.items.size(); ++i) mapping(joined(path, std::to_string(i)), *tree.items[i]);
  }

  /// Other jobs' sections are free as they stand in the file, but an override of them must be a mistake.
  [[nodiscard]] bool is_free(const std::string& path, const Entry& entry) const {
    const bool elsewhere = record_.shared.contains(path) || (path.empty() && record_.narrowed);
    if (elsewhere) refuse_overrides(joined(path, entry.key), entry);
    return elsewhere || (path.empty() && entry.key.starts_with("x-"));
  }

  static void refuse_overrides(const std::string& path, const Entry& entry) {
    if (entry.at.line == 0) refuse(path, entry, {});
    for (const Entry& below : entry.value->entries) refuse_overrides(joined(path, below.key), below);
    for (std::size_t i = 0; i < entry.value->items.size(); ++i) {
      const TreePtr& item = entry.value->items[i];
      refuse_overrides(joined(path, std::to_string(i)), {entry.key, item->at, item});
    }
  }

  [[noreturn]] static void refuse(const std::string& path, const Entry& entry, const std::set<std::string>& known) {
    const std::vector<std::string> names(known.begin(), known.end());
    constexpr std::size_t few = 12;
    std::string suggestion = "remove it";
    if (const auto near = did_you_mean(entry.key, names)) {
      suggestion = "did you mean " + *near + "?";
    } else if (!names.empty() && names.size() <= few) {
      suggestion = "what can stand here is " + one_of(names);
    }
    throw UsageError({entry.at.text() + ": " + path + " is not a setting", "nothing reads it", suggestion});
  }

  const Record& record_;
};

std::string one_line(std::string_view name) {
  std::string out;
  for (const char c : name) {
    if (c == '\\' || c == '=' || c == '\n') out += '\\';
    out += c == '\n' ? 'n' : c;
  }
  return out;
}

}  // namespace

Config::Config(std::shared_ptr<State> state) : state_(std::move(state)) {}

Config Config::load(const parallel::Communicator& comm, const std::filesystem::path& file,
                    const std::vector<std::string>& overrides) {
  std::string text;
  std::string environment;
  parallel::on_root(comm, [&] {
    text = text_of(file);
    environment = environment_of(text, overrides);
  });
  Config config = from_text(parallel::broadcast(comm, std::move(text)), file.string(), overrides);
  // Launchers do not carry the whole environment to other hosts: what the root sees holds for all.
  config.state_->record->environment = unpacked(parallel::broadcast(comm, std::move(environment)));
  return config;
}

Config Config::from_text(std::string_view text, std::string_view name, const std::vector<std::string>& overrides) {
  auto state = std::make_shared<State>();
  state->record->file = name;
  state->record->tree = tree_of(text, name, overrides);
  return Config(std::move(state));
}

Config Config::for_reference() {
  Config config = from_text("", "reference");
  config.state_->record->reference = true;
  return config;
}

Section Config::root() const {
  const auto& record = state_->record;
  return Section(
      std::make_shared<const Section::Node>(Section::Node{record, record->tree, "", record->tree->at, true}));
}

Section Config::section_or_root(std::string_view key, std::string_view doc) const {
  Section whole = root();
  if (!whole.has(key) && !state_->record->reference) return whole;
  state_->record->narrowed = true;
  return whole.section(key, doc);
}

void Config::refuse_unread() const {
  UnreadCheck(*state_->record).mapping("", *state_->record->tree);
}

void Config::add_input_digest(std::string_view name, std::string_view hex_digest) {
  state_->record->digests[std::string(name)] = hex_digest;
}

std::string Config::hash() const {
  Sha256 sum;
  for (const auto& [name, value] : resolved(Affects::results)) sum.update(one_line(name) + "=" + value + "\n");
  for (const auto& [name, digest] : state_->record->digests)
    sum.update("input " + one_line(name) + "=" + digest + "\n");
  return hex(sum.finish());
}

std::vector<std::pair<std::string, std::string>> Config::resolved(Affects affects) const {
  std::vector<std::pair<std::string, std::string>> settings;
  for (const auto& [name, resolved] : state_->record->resolved)
    if (resolved.affects.value_or(Affects::speed) == affects) settings.emplace_back(name, resolved.value);
  return settings;
}

const std::filesystem::path& Config::file() const {
  return state_->record->file;
}

}  // namespace proffer::settings
