#include <nlohmann/json.hpp>

#include "borrowers/book.hpp"
#include "foundation/error.hpp"

namespace proffer::borrowers {
namespace {

using storage::TableWriter;
using storage::Type;

const char* text_of(Kind kind) {
  return kind == Kind::numeric ? "numeric" : "categorical";
}

const char* text_of(Role role) {
  switch (role) {
    case Role::feature:
      return "feature";
    case Role::monitor_only:
      return "monitor_only";
    case Role::post_outcome:
      return "post_outcome";
    case Role::excluded:
      return "excluded";
  }
  return "";
}

}  // namespace

void write_columns(TableWriter& table, const Schema& schema) {
  std::vector<std::string> names, kinds, roles, dictionaries;
  for (const Column& column : schema.columns) {
    names.push_back(column.name);
    kinds.emplace_back(text_of(column.kind));
    roles.emplace_back(text_of(column.role));
    dictionaries.push_back(column.kind == Kind::categorical ? nlohmann::json(column.dictionary).dump() : "");
  }
  table.small("/schema/name", names);
  table.small("/schema/kind", kinds);
  table.small("/schema/role", roles);
  table.small("/schema/dictionary", dictionaries);
}

namespace {

void write_schema(TableWriter& table, const Schema& schema, bool offers) {
  write_columns(table, schema);
  if (!schema.links.empty()) table.small("/schema/links", schema.links);
  if (!offers) return;
  expects(schema.products.size() < no_code && schema.channels.size() < no_code, "product and channel codes fit u8");
  table.small("/schema/products", schema.products);
  table.small("/schema/channels", schema.channels);
}

void declare_rows(TableWriter& table, const BookLayout& layout) {
  const std::uint64_t n = layout.rows;
  table.dataset("/borrower/id", Type::u64, {{n}});
  table.dataset("/borrower/unit", Type::u64, {{n}});
  table.dataset("/borrower/as_of", Type::i32, {{n}});
  table.dataset("/borrower/features", Type::f32, {{n, layout.schema.columns.size()}});
  if (layout.offers) {
    for (const char* path : {"/offer/contacted", "/offer/product", "/offer/channel"})
      table.dataset(path, Type::u8, {{n}});
    table.dataset("/offer/limit", Type::f64, {{n}});
    table.dataset("/offer/apr", Type::f32, {{n}});
    table.dataset("/offer/contract_apr", Type::f32, {{n}});
    table.dataset("/offer/term", Type::u16, {{n}});
    table.dataset("/offer/propensity", Type::f32, {{n}});
  }
  for (const std::string& link : layout.schema.links) table.dataset("/link/" + link, Type::u64, {{n}});
  if (layout.responded) table.dataset("/outcome/responded", Type::u8, {{n}});
  if (layout.booked) table.dataset("/outcome/booked", Type::u8, {{n}});
  if (layout.defaulted) table.dataset("/outcome/default", Type::u8, {{n}});
  if (layout.fraud) table.dataset("/outcome/fraud", Type::u8, {{n}});
  if (layout.attrited) table.dataset("/outcome/attrited", Type::u8, {{n}});
  if (layout.repeated) table.dataset("/outcome/repeated", Type::u8, {{n}});
  if (layout.delinquent) table.dataset("/outcome/delinquent", Type::u8, {{n}});
}

void declare_side_tables(TableWriter& table, const BookLayout& layout) {
  if (layout.contacts > 0) {
    table.dataset("/contacts/id", Type::u64, {{layout.contacts}});
    table.dataset("/contacts/day", Type::i32, {{layout.contacts}});
    table.dataset("/contacts/channel", Type::u8, {{layout.contacts}});
  }
  if (layout.accounts > 0) {
    table.dataset("/accounts/id", Type::u64, {{layout.accounts}});
    table.dataset("/accounts/opened", Type::i32, {{layout.accounts}});
    table.dataset("/accounts/exposure", Type::f64, {{layout.accounts}});
    table.dataset("/accounts/instalment", Type::f64, {{layout.accounts}});
  }
}

/// Writes one column of `rows` values; its length is a promise of the caller.
template <class T>
void write_column(TableWriter& table, const char* path, std::uint64_t first, const std::vector<T>& values,
                  std::size_t rows) {
  expects(values.size() == rows, path);
  table.write_rows<T>(path, first, values);
}

}  // namespace

BookWriter::BookWriter(const parallel::Communicator& comm, const std::filesystem::path& path, const BookLayout& layout)
    : table_(comm, path), layout_(layout) {
  table_.attribute("format", "proffer-book");
  table_.attribute("format_version", layout.schema.links.empty() && layout.schema.customer_months == 0 ? "1.0" : "1.1");
  table_.attribute("currency", layout.schema.currency);
  table_.attribute("default_months", static_cast<std::int64_t>(layout.schema.default_months));
  if (layout.schema.customer_months > 0)
    table_.attribute("customer_months", static_cast<std::int64_t>(layout.schema.customer_months));
  write_schema(table_, layout.schema, layout.offers || layout.contacts > 0);
  declare_rows(table_, layout);
  declare_side_tables(table_, layout);
}

void BookWriter::write(const Batch& batch) {
  const std::size_t rows = batch.rows();
  const std::uint64_t first = batch.first_row;
  expects(batch.columns == layout_.schema.columns.size(), "a batch has the columns of its book");
  expects(batch.features.size() == rows * batch.columns, "/borrower/features");
  expects(first + rows <= layout_.rows, "a batch lies within its book");
  if (rows == 0) return;
  write_column(table_, "/borrower/id", first, batch.id, rows);
  write_column(table_, "/borrower/unit", first, batch.unit, rows);
  write_column(table_, "/borrower/as_of", first, batch.as_of, rows);
  table_.write_rows<float>("/borrower/features", first, batch.features);
  if (layout_.offers) {
    expects(batch.offers.has_value(), "a book with offers gets them with every batch");
    const Offers& offers = *batch.offers;
    write_column(table_, "/offer/contacted", first, offers.contacted, rows);
    write_column(table_, "/offer/product", first, offers.product, rows);
    write_column(table_, "/offer/channel", first, offers.channel, rows);
    write_column(table_, "/offer/limit", first, offers.limit, rows);
    write_column(table_, "/offer/apr", first, offers.apr, rows);
    write_column(table_, "/offer/contract_apr", first, offers.contract_apr, rows);
    write_column(table_, "/offer/term", first, offers.term, rows);
    write_column(table_, "/offer/propensity", first, offers.propensity, rows);
  }
  write_links(batch);
  if (!layout_.outcomes()) return;
  expects(batch.outcomes.has_value(), "a book with outcomes gets them with every batch");
  if (layout_.responded) write_column(table_, "/outcome/responded", first, batch.outcomes->responded, rows);
  if (layout_.booked) write_column(table_, "/outcome/booked", first, batch.outcomes->booked, rows);
  if (layout_.defaulted) write_column(table_, "/outcome/default", first, batch.outcomes->defaulted, rows);
  if (layout_.fraud) write_column(table_, "/outcome/fraud", first, batch.outcomes->fraud, rows);
  if (layout_.attrited) write_column(table_, "/outcome/attrited", first, batch.outcomes->attrited, rows);
  if (layout_.repeated) write_column(table_, "/outcome/repeated", first, batch.outcomes->repeated, rows);
  if (layout_.delinquent) write_column(table_, "/outcome/delinquent", first, batch.outcomes->delinquent, rows);
}

void BookWriter::write_links(const Batch& batch) {
  const std::size_t kinds = layout_.schema.links.size();
  expects(batch.links.size() == batch.rows() * kinds, "a book with links gets them with every batch");
  std::vector<std::uint64_t> column(batch.rows());
  for (std::size_t kind = 0; kind < kinds; ++kind) {
    for (std::size_t i = 0; i < column.size(); ++i) column[i] = batch.links[i * kinds + kind];
    table_.write_rows<std::uint64_t>("/link/" + layout_.schema.links[kind], batch.first_row, column);
  }
}

void BookWriter::write_contacts(std::uint64_t first_row, const Contacts& contacts) {
  const std::size_t rows = contacts.id.size();
  if (rows == 0) return;
  write_column(table_, "/contacts/id", first_row, contacts.id, rows);
  write_column(table_, "/contacts/day", first_row, contacts.day, rows);
  write_column(table_, "/contacts/channel", first_row, contacts.channel, rows);
}

void BookWriter::write_accounts(std::uint64_t first_row, const Accounts& accounts) {
  const std::size_t rows = accounts.id.size();
  if (rows == 0) return;
  write_column(table_, "/accounts/id", first_row, accounts.id, rows);
  write_column(table_, "/accounts/opened", first_row, accounts.opened, rows);
  write_column(table_, "/accounts/exposure", first_row, accounts.exposure, rows);
  write_column(table_, "/accounts/instalment", first_row, accounts.instalment, rows);
}

storage::Published BookWriter::publish() {
  return table_.publish();
}

}  // namespace proffer::borrowers
