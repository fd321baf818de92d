// The mappings and lists of a config file.
#include "settings/section.hpp"

#include "foundation/text.hpp"
#include "settings/section_node.hpp"

namespace proffer::settings {

void Section::Node::declare(Declared declaration) const {
  record->known[path].insert(declaration.key);
  record->declare(std::move(declaration));
}

void Section::Node::keep(std::string_view key, std::string value, std::optional<Affects> affects) const {
  Resolved& resolved = record->resolved[path_of(key)];
  const bool moves_results = resolved.affects == Affects::results;  // read twice: the careful reader wins
  resolved = {std::move(value), moves_results ? Affects::results : affects};
}

UsageError Section::Node::unexpected(const Position& where, const std::string& path, const Tree& value,
                                     const std::string& expected, const std::string& suggestion) {
  return UsageError(
      {where.text() + ": " + path + " " + what_stands_there(value), "it must be " + expected, suggestion});
}

Section Section::Node::child(std::string path_of_child, Position where, TreePtr value, bool stands_there) const {
  record->opened.insert(path_of_child);
  return Section(std::make_shared<const Node>(
      Node{record, std::move(value), std::move(path_of_child), std::move(where), stands_there}));
}

Section Section::Node::mapping_at(const std::string& child_path, const Position& where, const TreePtr& value) const {
  if (value->kind != Tree::Kind::mapping && value->kind != Tree::Kind::null)
    throw unexpected(where, child_path, *value, "a mapping", "write lines of the form key: value below it");
  return child(child_path, where, value, true);
}

Section::Section(std::shared_ptr<const Node> node) : node_(std::move(node)) {}

bool Section::has(std::string_view key) const {
  return node_->find(key) != nullptr;
}

bool Section::present() const {
  return node_->present || node_->record->reference;
}

bool Section::for_reference() const {
  return node_->record->reference;
}

const std::string& Section::path() const {
  return node_->path;
}

std::string Section::where() const {
  return node_->at.text();
}

std::string Section::where(std::string_view key) const {
  return node_->position(key).text();
}

Section Section::section(std::string_view key, std::string_view doc) const {
  node_->declare({Declared::Kind::section, node_->path, std::string(key), std::string(doc), "", {}, false, {}});
  const std::string path = node_->path_of(key);
  const Entry* entry = node_->find(key);
  if (!entry) return node_->child(path, node_->at, nullptr, false);
  return node_->mapping_at(path, entry->at, entry->value);
}

std::vector<Section> Section::list(std::string_view key, std::string_view doc) const {
  node_->declare({Declared::Kind::list, node_->path, std::string(key), std::string(doc), "", {}, false, {}});
  const std::string path = node_->path_of(key);
  node_->record->opened.insert(path);
  std::vector<Section> entries;
  if (for_reference()) entries.push_back(node_->child(joined(path, "0"), node_->at, nullptr, true));
  const Entry* entry = node_->find(key);
  if (!entry || entry->value->kind == Tree::Kind::null) return entries;
  if (entry->value->kind != Tree::Kind::sequence)
    throw Node::unexpected(entry->at, path, *entry->value, "a list of mappings", "start each entry with '- '");
  for (const TreePtr& item : entry->value->items)
    entries.push_back(node_->mapping_at(joined(path, std::to_string(entries.size())), item->at, item));
  return entries;
}

std::vector<std::pair<std::string, Section>> Section::named(std::string_view key, std::string_view doc) const {
  node_->declare({Declared::Kind::named, node_->path, std::string(key), std::string(doc), "", {}, false, {}});
  const std::string path = node_->path_of(key);
  node_->record->opened.insert(path);
  std::vector<std::pair<std::string, Section>> entries;
  if (for_reference()) entries.emplace_back("NAME", node_->child(joined(path, "NAME"), node_->at, nullptr, true));
  const Entry* entry = node_->find(key);
  if (!entry || entry->value->kind == Tree::Kind::null) return entries;
  if (entry->value->kind != Tree::Kind::mapping)
    throw Node::unexpected(entry->at, path, *entry->value, "a mapping of names",
                           "write a line 'NAME:' and its settings indented below it");
  std::string names;
  for (const Entry& named : entry->value->entries) {
    node_->record->known[path].insert(named.key);
    names += (names.empty() ? "" : ", ") + named.key;
    entries.emplace_back(named.key, node_->mapping_at(joined(path, named.key), named.at, named.value));
  }
  // The order of the names may matter to the reader, so it is part of the hash.
  node_->keep(key, "{" + names + "}", Affects::results);
  return entries;
}

std::vector<std::string> Section::keys() const {
  return node_->tree ? node_->tree->keys() : std::vector<std::string>();
}

void Section::leave_the_rest() const {
  node_->record->shared.insert(node_->path);
}

UsageError Section::error(std::string_view key, const std::string& problem, std::string why,
                          std::string suggestion) const {
  return UsageError({where(key) + ": " + problem, std::move(why), std::move(suggestion)});
}

}  // namespace proffer::settings
