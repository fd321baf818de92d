#include "verify/list_file.hpp"

namespace proffer::verify {

using storage::Type;

const std::vector<std::string>& decision_names() {
  static const std::vector<std::string> names{
      "offered", "eligible_not_selected", "policy_decline", "model_decline", "fraud_refer", "suppressed", "control",
      "override"};
  return names;
}

ListFile::ListFile(const std::filesystem::path& path)
    : table_(path, "proffer-offers", 1), rows_(table_.info("/borrower/id").shape.rows()) {
  const auto column = [&](const char* name, Type type) { table_.require(name, type, {{rows_}}); };
  column("/borrower/id", Type::u64);
  for (const char* name : {"/decision/code", "/decision/product", "/decision/channel"}) column(name, Type::u8);
  for (const char* name : {"/decision/offer", "/decision/runner_up"}) column(name, Type::i32);
  for (const char* name :
       {"/decision/limit", "/decision/value", "/decision/reduced_value", "/decision/runner_up_reduced_value"})
    column(name, Type::f64);
  for (const char* name : {"/decision/apr", "/decision/p_take", "/decision/p_default", "/decision/p_fraud"})
    column(name, Type::f32);
  column("/decision/term", Type::u16);
  table_.require("/decision/reasons", Type::u16, {{rows_, 4}});
  if (table_.has("/decision/propensity")) column("/decision/propensity", Type::f32);
}

ListRows ListFile::read(std::uint64_t first, std::uint64_t count) const {
  ListRows rows;
  const auto into = [&]<class T>(std::vector<T>& column, const char* name) {
    column = table_.read_rows<T>(name, first, count);
  };
  into(rows.id, "/borrower/id");
  into(rows.code, "/decision/code");
  into(rows.product, "/decision/product");
  into(rows.channel, "/decision/channel");
  into(rows.offer, "/decision/offer");
  into(rows.runner_up, "/decision/runner_up");
  into(rows.limit, "/decision/limit");
  into(rows.value, "/decision/value");
  into(rows.reduced_value, "/decision/reduced_value");
  into(rows.runner_up_reduced_value, "/decision/runner_up_reduced_value");
  into(rows.apr, "/decision/apr");
  into(rows.p_take, "/decision/p_take");
  into(rows.p_default, "/decision/p_default");
  into(rows.p_fraud, "/decision/p_fraud");
  into(rows.term, "/decision/term");
  into(rows.reasons, "/decision/reasons");
  if (table_.has("/decision/propensity")) into(rows.propensity, "/decision/propensity");
  return rows;
}

ScoreFile::ScoreFile(const std::filesystem::path& path, std::uint64_t offers)
    : table_(path, "proffer-scores", 1), rows_(table_.info("/borrower/id").shape.rows()) {
  for (const char* name : {"/borrower/id", "/borrower/unit"}) table_.require(name, Type::u64, {{rows_}});
  for (const char* name : {"/score/p_take", "/score/p_default", "/score/value"})
    table_.require(name, Type::f32, {{rows_, offers}});
  table_.require("/score/reason", Type::u32, {{rows_, offers}});
  table_.require("/score/p_fraud", Type::f32, {{rows_}});
  table_.require("/score/segment", Type::u8, {{rows_}});
}

ScoreRows ScoreFile::read(std::uint64_t first, std::uint64_t count) const {
  ScoreRows rows;
  rows.id = table_.read_rows<std::uint64_t>("/borrower/id", first, count);
  rows.unit = table_.read_rows<std::uint64_t>("/borrower/unit", first, count);
  rows.p_take = table_.read_rows<float>("/score/p_take", first, count);
  rows.p_default = table_.read_rows<float>("/score/p_default", first, count);
  rows.value = table_.read_rows<float>("/score/value", first, count);
  rows.reason = table_.read_rows<std::uint32_t>("/score/reason", first, count);
  rows.p_fraud = table_.read_rows<float>("/score/p_fraud", first, count);
  rows.segment = table_.read_rows<std::uint8_t>("/score/segment", first, count);
  return rows;
}

}  // namespace proffer::verify
