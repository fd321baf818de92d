#include "borrowers/ingest.hpp"

#include <cmath>
#include <random>

#include "foundation/hash.hpp"
#include "ingest_support.hpp"

namespace proffer::borrowers::test {
namespace {

using ::testing::ElementsAre;

std::vector<float> column(const BookReader& book, const std::string& name) {
  const Batch all = book.read(0, book.rows());
  const std::size_t c = book.schema().index_of(name, "");
  std::vector<float> values;
  for (std::size_t r = 0; r < all.rows(); ++r) values.push_back(all.row(r)[c]);
  return values;
}

TEST(Ingest, HashesWhatRowsShare) {
  const Scratch scratch;
  const std::string csv = "id,phone,mail\n1,0711-5,\n2,,a@b\n3,0711-5,a@b\n";
  const std::string mapping = "as_of: 2024-01-31\nid: id\nlinks: {phone: phone, mail_box: mail}\n";
  (void)ingest_text(scratch, csv, mapping);
  const BookReader book(scratch.path() / "x.h5");
  EXPECT_THAT(book.schema().links, ElementsAre("phone", "mail_box"));
  EXPECT_EQ(book.table().version(), "1.1");
  const std::uint64_t phone = xxh3("0711-5"), mail = xxh3("a@b");
  EXPECT_THAT(book.read(0, 3, {.links = true}).links, ElementsAre(phone, 0, 0, mail, phone, mail));
  EXPECT_THAT(book.read(0, 3).links, ElementsAre());
}

TEST(Ingest, FillsABookAsTheMappingSays) {
  const Scratch scratch;
  const std::string csv =
      "\xef\xbb\xbf"
      "ID;Date;Income;City;Debt;Owed;Answer;Rate;Way\r\n"
      "17;31/01/2024;1000.5;\"Ulm\";250.125;0;yes;14.75;mail\r\n"
      "\r\n"
      "4;29/02/2024;NA;\"Bad; \"\"Urach\"\"\";1;2;no;3.25;phone\r\n"
      "18446744073709551615;01/12/2023;0;?;-1;0;;1;";
  const IngestResult result = ingest_text(scratch, csv, R"yaml(
separator: ";"
id: ID
as_of: Date
as_of_format: DD/MM/YYYY
currency: EUR
missing: ["", NA, "?"]
channels: [phone, mail]
features: [Income]
columns:
  city: {from: City, kind: categorical}
  debt: {from: Debt, missing: ["-1.0"], role: monitor_only}
  ratio: {expression: debt / Income}
  dti: {expression: "otherwise(debt, 5) + 100 * missing(debt)", role: excluded}
offers:
  product: loan
  channel_from: Way
  apr: Rate * 12 / 100
  limit: 2000
  term: 6
outcomes:
  responded: Answer == "yes"
  default: Owed > 1
)yaml");
  EXPECT_EQ(result.read, 3U);
  EXPECT_EQ(result.kept, 3U);
  EXPECT_EQ(result.rejected, 0U);
  const BookReader book(scratch.path() / "x.h5");
  const Batch rows = book.read(0, 3, {.offers = true, .outcomes = true});
  EXPECT_THAT(rows.id, ElementsAre(17, 4, 18446744073709551615U));
  EXPECT_EQ(rows.unit, rows.id);
  EXPECT_THAT(rows.as_of, ElementsAre(20240131, 20240229, 20231201));
  using ::testing::IsNan;
  EXPECT_THAT(column(book, "Income"), ElementsAre(1000.5F, IsNan(), 0.0F));
  EXPECT_THAT(column(book, "city"), ElementsAre(1.0F, 0.0F, IsNan()));
  EXPECT_THAT(book.schema().columns[1].dictionary, ElementsAre("Bad; \"Urach\"", "Ulm"));
  EXPECT_THAT(column(book, "debt"), ElementsAre(250.125F, 1.0F, IsNan()));
  EXPECT_THAT(column(book, "ratio"), ElementsAre(0.25F, IsNan(), IsNan()));
  EXPECT_THAT(column(book, "dti"), ElementsAre(250.125F, 1.0F, 105.0F));
  EXPECT_THAT(book.schema().feature_names(), ElementsAre("Income", "city", "ratio"));
  EXPECT_THAT(rows.offers->contacted, ElementsAre(1, 1, 1));
  EXPECT_THAT(rows.offers->product, ElementsAre(0, 0, 0));
  EXPECT_THAT(rows.offers->channel, ElementsAre(1, 0, no_code));
  EXPECT_THAT(rows.offers->apr, ElementsAre(1.77F, 0.39F, 0.12F));
  EXPECT_THAT(rows.offers->term, ElementsAre(6, 6, 6));
  EXPECT_TRUE(std::isnan(rows.offers->propensity[0]) && std::isnan(rows.offers->contract_apr[0]));
  EXPECT_THAT(rows.outcomes->responded, ElementsAre(outcome::yes, outcome::no, outcome::unknown));
  // Only who accepted can default.
  EXPECT_THAT(rows.outcomes->defaulted, ElementsAre(outcome::no, outcome::unknown, outcome::unknown));
}

TEST(Ingest, DividingByZeroGivesMissing) {
  const Scratch scratch;
  static_cast<void>(ingest_text(scratch, "a,b\n1,0\n0,0\n6,3\n", R"yaml(
as_of: 2024-01-31
columns:
  r: {expression: a / b}
  l: {expression: ln(b - 1)}
  m: {expression: "min(a, b, 2)"}
)yaml"));
  const BookReader book(scratch.path() / "x.h5");
  using ::testing::IsNan;
  EXPECT_THAT(column(book, "r"), ElementsAre(IsNan(), IsNan(), 2.0F));
  EXPECT_THAT(column(book, "l"), ElementsAre(IsNan(), IsNan(), std::log(2.0F)));
  EXPECT_THAT(column(book, "m"), ElementsAre(0.0F, 0.0F, 2.0F));
  EXPECT_THAT(book.read(0, 3).id, ElementsAre(1, 2, 3));
}

TEST(Ingest, SortsLabelsThatAreNumbersBySize) {
  const Scratch scratch;
  static_cast<void>(ingest_text(scratch, "a,b\n10,x\n-1,X\n9,é\n", R"yaml(
as_of: 2024-01-31
columns:
  a: {kind: categorical}
  b: {kind: categorical, dictionary: auto}
)yaml"));
  const BookReader book(scratch.path() / "x.h5");
  EXPECT_THAT(book.schema().columns[0].dictionary, ElementsAre("-1", "9", "10"));
  EXPECT_THAT(book.schema().columns[1].dictionary, ElementsAre("X", "x", "é"));
}

/// A file in which every kind of column and some bad rows occur.
std::string large_csv(int rows, bool with_bad_rows) {
  std::mt19937 random(11);
  std::string csv = "id,day,x,city,note,bad\n";
  for (int r = 0; r < rows; ++r) {
    csv += std::to_string(1000 + r) + ",2024-0" + std::to_string(1 + r % 9) + "-15,";
    csv += with_bad_rows && r % 997 == 5 ? "oops" : std::to_string(static_cast<double>(random() % 100000) / 7);
    csv += ",city" + std::to_string(random() % 50) + ",\"a \"\"quoted\"\", longer note " +
           std::string(random() % 30, 'n') + "\",";
    csv += std::to_string(r % 11 == 0) + "\n";
  }
  if (with_bad_rows) csv += "1003,2024-04-15,1,city1,again,0\n1004,2024-04-15,1,city1,another day,0\n";
  return csv;
}

const char* const large_mapping = R"yaml(
id: id
as_of: day
on_bad_row: reject
features: [x]
columns:
  city: {kind: categorical}
  note: {kind: categorical, role: excluded}
outcomes: {default: bad}
)yaml";

TEST(Ingest, BytesDoNotDependOnRanksBlocksOrPacking) {
  const Scratch scratch;
  const std::string csv = large_csv(12000, true);
  const IngestResult plain = ingest_text(scratch, csv, large_mapping, 5000, "plain");
  EXPECT_EQ(plain.read, 12002U);
  EXPECT_EQ(plain.rejected, 14U);
  EXPECT_EQ(plain.kept, 11988U);
  write_gzip(scratch.path() / "packed.csv.gz", csv);
  Log log = silent();
  const Mapping packed = mapping_of("csv: " + (scratch.path() / "packed.csv.gz").string() + large_mapping);
  const IngestResult unpacked = ingest(world(), packed, scratch.path() / "packed.h5", log, 3333);
  EXPECT_EQ(plain.book.sha256, unpacked.book.sha256);
  // Alone, in one block: what the ranks did together.
  const std::string mine = "alone" + std::to_string(world().rank());
  const IngestResult alone = ingest(parallel::self(), packed, scratch.path() / (mine + ".h5"), log);
  EXPECT_EQ(plain.book.sha256, alone.book.sha256);
  EXPECT_EQ(read_file(plain.rejects), read_file(alone.rejects));
  EXPECT_EQ(alone.rejects.filename(), mine + ".rejects.csv");
}

TEST(Ingest, RejectedRowsAreListedWithReasonsAndReconcile) {
  const Scratch scratch;
  const IngestResult result = ingest_text(scratch,
                                          "id,x\n"
                                          "1,0.5\n"
                                          "2,\"a \"\"b\"\", c\"\n"
                                          "3\n"
                                          "\n"
                                          "NaN,4\n"
                                          "1,7\n"
                                          "5,\"open\n"
                                          "6,6\n",
                                          R"yaml(
id: id
as_of: 2024-01-31
on_bad_row: reject
features: [x]
)yaml",
                                          5);
  EXPECT_EQ(result.read, 7U);
  EXPECT_EQ(result.kept, 2U);
  EXPECT_EQ(result.rejected, 5U);
  EXPECT_EQ(read_file(result.rejects),
            "line,column,value,reason\n"
            "3,x,\"a \"\"b\"\", c\",\"expected a finite number with a decimal point, or a missing marker\"\n"
            "4,,1 cells,\"expected 2, as in the header\"\n"
            "6,id,NaN,expected an id; it may not be missing\n"
            "7,,borrower 1 on 20240131,expected once; it stands on line 2 already\n"
            "8,,\"\"\"open\",expected a closing quote on the same line; a cell may not hold a line break\n");
  const BookReader book(scratch.path() / "x.h5");
  EXPECT_THAT(book.read(0, 2).id, ElementsAre(1, 6));
}

TEST(Ingest, RowNumbersAsIdsDoNotShiftWhereRowsAreRejected) {
  const Scratch scratch;
  static_cast<void>(
      ingest_text(scratch, "x\n1\nbad\n3\n4\n", "as_of: 2024-01-31\non_bad_row: reject\nfeatures: [x]\n", 2));
  EXPECT_THAT(BookReader(scratch.path() / "x.h5").read(0, 3).id, ElementsAre(1, 3, 4));
}

TEST(Ingest, TextIdsAreHashed) {
  const Scratch scratch;
  static_cast<void>(ingest_text(scratch, "who,home\nann,7\nbob,7\n", R"yaml(
id: who
id_kind: hash
unit: home
as_of: 20240131
)yaml"));
  const Batch rows = BookReader(scratch.path() / "x.h5").read(0, 2);
  EXPECT_THAT(rows.id, ElementsAre(xxh3("ann"), xxh3("bob")));
  EXPECT_THAT(rows.unit, ElementsAre(7, 7));
}

TEST(Ingest, SideTablesAreSortedAndWritten) {
  const Scratch scratch;
  write_file(scratch.path() / "contacts.csv",
             "who,when,way\n9,2024-01-02,phone\n3,2024-02-01,mail\n3,2023-12-31,phone\n");
  write_file(scratch.path() / "accounts.csv", "who|since|owed|rate\n9|20200101|1500.5|12\n3|20210101|20|2\n");
  static_cast<void>(ingest_text(scratch, "id\n3\n9\n",
                                "id: id\nas_of: 2024-01-31\nchannels: [mail, phone]\ncontacts:\n  csv: " +
                                    (scratch.path() / "contacts.csv").string() +
                                    "\n  id: who\n  day: when\n  channel_from: way\naccounts:\n  csv: " +
                                    (scratch.path() / "accounts.csv").string() +
                                    "\n  separator: \"|\"\n  id: who\n  opened: since\n  opened_format: YYYYMMDD\n"
                                    "  exposure: owed\n  instalment: owed * rate / 100\n"));
  const BookReader book(scratch.path() / "x.h5");
  EXPECT_THAT(book.table().read_all<std::uint64_t>("/contacts/id"), ElementsAre(3, 3, 9));
  EXPECT_THAT(book.table().read_all<std::int32_t>("/contacts/day"), ElementsAre(20231231, 20240201, 20240102));
  EXPECT_THAT(book.table().read_all<std::uint8_t>("/contacts/channel"), ElementsAre(1, 0, 1));
  EXPECT_THAT(book.table().read_all<std::uint64_t>("/accounts/id"), ElementsAre(3, 9));
  EXPECT_THAT(book.table().read_all<double>("/accounts/exposure"), ElementsAre(20, 1500.5));
  EXPECT_THAT(book.table().read_all<double>("/accounts/instalment"), ElementsAre(0.4, 180.06));
}

}  // namespace
}  // namespace proffer::borrowers::test
