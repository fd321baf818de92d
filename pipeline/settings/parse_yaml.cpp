// The only file that sees yaml-cpp. Its node interface keeps duplicate keys silently and forgets where keys stand, so
// the tree is built from its events.
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <map>
#include <optional>
#include <sstream>

#include "foundation/error.hpp"
#include "settings/tree.hpp"

namespace proffer::settings {
namespace {

class TreeBuilder : public YAML::EventHandler {
 public:
  explicit TreeBuilder(std::shared_ptr<const std::string> source) : source_(std::move(source)) {}

  [[nodiscard]] TreePtr root() const { return root_; }

  [[nodiscard]] Position position(const YAML::Mark& mark) const { return {source_, mark.line + 1, mark.column + 1}; }

  [[nodiscard]] UsageError error(const Position& at, const std::string& problem, std::string why,
                                 std::string suggestion) const {
    return UsageError({at.text() + ": " + problem, std::move(why), std::move(suggestion)});
  }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ > 1)
      throw error(position(mark), "a second document starts here", "one config file holds one YAML document",
                  "remove the line '---' or keep the documents in files of their own");
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    auto tree = std::make_shared<Tree>();
    tree->at = position(mark);
    add(std::move(tree), anchor);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchored_.find(anchor);
    if (found == anchored_.end())
      throw error(position(mark), "this alias stands inside its own anchor", "the value would never end",
                  "write the value out");
    insert(found->second);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    auto tree = std::make_shared<Tree>();
    tree->kind = Tree::Kind::scalar;
    tree->at = position(mark);
    tree->scalar = value;
    tree->quoted = tag == "!" || tag == "tag:yaml.org,2002:str";
    add(std::move(tree), anchor);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(mark, anchor, Tree::Kind::sequence);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(mark, anchor, Tree::Kind::mapping);
  }
  void OnMapEnd() override { close(); }

 private:
  struct Frame {
    std::shared_ptr<Tree> tree;
    YAML::anchor_t anchor = 0;
    std::optional<Entry> pending;  // a key whose value is still to come
    std::vector<TreePtr> merged;
  };

  void open(const YAML::Mark& mark, YAML::anchor_t anchor, Tree::Kind kind) {
    auto tree = std::make_shared<Tree>();
    tree->kind = kind;
    tree->at = position(mark);
    frames_.push_back({std::move(tree), anchor, {}, {}});
  }

  void close() {
    Frame frame = std::move(frames_.back());
    frames_.pop_back();
    // Keys of the mapping itself win over merged ones, earlier merged mappings over later ones.
    for (const TreePtr& source : frame.merged)
      for (const Entry& entry : source->entries)
        if (!frame.tree->find(entry.key)) frame.tree->entries.push_back(entry);
    add(std::move(frame.tree), frame.anchor);
  }

  void add(TreePtr tree, YAML::anchor_t anchor) {
    if (anchor != 0) anchored_[anchor] = tree;
    insert(std::move(tree));
  }

  void insert(TreePtr tree) {
    if (frames_.empty()) {
      root_ = std::move(tree);
    } else if (Frame& frame = frames_.back(); frame.tree->kind == Tree::Kind::sequence) {
      frame.tree->items.push_back(std::move(tree));
    } else if (!frame.pending) {
      start_entry(frame, *tree);
    } else {
      finish_entry(frame, std::move(tree));
    }
  }

  void start_entry(Frame& frame, const Tree& key) {
    if (key.kind != Tree::Kind::scalar)
      throw error(key.at, "a key " + what_stands_there(key), "keys are plain words", "write key: value");
    if (const Entry* first = frame.tree->find(key.scalar))
      throw error(key.at, "the key '" + key.scalar + "' stands here a second time",
                  "the first is at " + first->at.text(), "keep one of them");
    frame.pending = Entry{key.scalar, key.at, nullptr};
  }

  void finish_entry(Frame& frame, TreePtr value) {
    Entry entry = std::move(*frame.pending);
    frame.pending.reset();
    entry.value = std::move(value);
    if (entry.key == "<<") {
      merge(frame, entry);
    } else {
      frame.tree->entries.push_back(std::move(entry));
    }
  }

  void merge(Frame& frame, const Entry& entry) const {
    const bool one = entry.value->kind == Tree::Kind::mapping;
    const std::vector<TreePtr> sources = one ? std::vector{entry.value} : entry.value->items;
    for (const TreePtr& source : sources)
      if (source->kind != Tree::Kind::mapping) throw not_mergeable(entry);
    if (sources.empty() && !one && entry.value->kind != Tree::Kind::sequence) throw not_mergeable(entry);
    frame.merged.insert(frame.merged.end(), sources.begin(), sources.end());
  }

  [[nodiscard]] UsageError not_mergeable(const Entry& entry) const {
    return error(entry.at, "the merge key << " + what_stands_there(*entry.value),
                 "it takes a mapping or a list of mappings", "write <<: *anchor");
  }

  std::shared_ptr<const std::string> source_;
  TreePtr root_;
  std::vector<Frame> frames_;
  std::map<YAML::anchor_t, TreePtr> anchored_;
  int documents_ = 0;
};

}  // namespace

TreePtr parse_yaml(std::string_view text, std::string_view source) {
  TreeBuilder builder(std::make_shared<const std::string>(source));
  std::istringstream stream{std::string(text)};
  try {
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const YAML::Exception& failure) {
    throw builder.error(builder.position(failure.mark), "this is not readable as YAML", failure.msg,
                        "check the indentation, brackets and quotes around here");
  }
  if (builder.root()) return builder.root();
  auto empty = std::make_shared<Tree>();
  empty->at = builder.position(YAML::Mark());
  return empty;
}

}  // namespace proffer::settings
