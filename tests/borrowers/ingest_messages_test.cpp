// Broken files and mappings, each with its exact message.
#include "ingest_support.hpp"

namespace proffer::borrowers::test {
namespace {

struct Broken {
  const char* what;
  ExitCode code;
  const char* csv;
  const char* yaml;
  const char* message;
};

constexpr ExitCode data = ExitCode::bad_data, usage = ExitCode::bad_usage;
constexpr const char* plain = "id: id\nas_of: 2024-01-31\nfeatures: [x]\n";
constexpr const char* correct = ": correct the row, or set on_bad_row: reject";

/// Rows that are bad; the message ends as `correct` says.
const Broken bad_rows[] = {
    {"text for a number", data, "id,x\n1,2\n2,abc\n", plain,
     "x.csv:3:2: column 'x' holds 'abc' (expected a finite number with a decimal point, or a missing marker)"},
    {"decimal comma", data, "id,x\n1,\"2,5\"\n", plain,
     "x.csv:2:2: column 'x' holds '2,5' (expected a finite number with a decimal point, or a missing marker)"},
    {"infinite", data, "id,x\n1,inf\n", plain,
     "x.csv:2:2: column 'x' holds 'inf' (expected a finite number with a decimal point, or a missing marker)"},
    {"too large for a double", data, "id,x\n1,1e999\n", plain,
     "x.csv:2:2: column 'x' holds '1e999' (expected a finite number with a decimal point, or a missing marker)"},
    {"too large for a float", data, "id,x\n1,1e39\n", plain,
     "x.csv:2:2: column 'x' holds '1e+39' (expected a number that a 32-bit float can hold)"},
    {"missing id", data, "id,x\nNaN,1\n", plain,
     "x.csv:2:1: column 'id' holds 'NaN' (expected an id; it may not be missing)"},
    {"negative id", data, "id,x\n-4,1\n", plain,
     "x.csv:2:1: column 'id' holds '-4' (expected a whole number 0 … 2^64 − 1, or the setting id_kind: hash)"},
    {"fractional id", data, "id,x\n1.5,1\n", plain,
     "x.csv:2:1: column 'id' holds '1.5' (expected a whole number 0 … 2^64 − 1, or the setting id_kind: hash)"},
    {"a cell too few", data, "id,x\n1,2\n\n3\n", plain, "x.csv:4: the line has 1 cells (expected 2, as in the header)"},
    {"a cell too many", data, "id,x\r\n1,2,3\r\n", plain,
     "x.csv:2: the line has 3 cells (expected 2, as in the header)"},
    {"a line break in quotes", data, "id,x\n1,\"2\n\"\n", plain,
     "x.csv:2:2: the line has '\"2' (expected a closing quote on the same line; a cell may not hold a line break)"},
    {"no such day", data, "id,x,d\n1,2,2023-02-29\n", "id: id\nas_of: d\n",
     "x.csv:2:3: column 'd' holds '2023-02-29' (expected a date YYYY-MM-DD)"},
    {"no day", data, "id,x,d\n1,2,\n", "id: id\nas_of: d\n",
     "x.csv:2:3: column 'd' holds nothing (expected a date; as_of may not be missing)"},
    {"no day computed", data, "id,x\n1,2\n", "id: id\nas_of_expression: x + 20240130\n",
     "x.csv:2: setting 'as_of_expression' holds '20240132' (expected a day of the calendar as YYYYMMDD)"},
    {"label misspelt", data, "id,x\n1,yse\n",
     "id: id\nas_of: 2024-01-31\ncolumns: {x: {kind: categorical, dictionary: [\"no\", \"yes\"]}}\n",
     "x.csv:2:2: column 'x' holds 'yse' (is not in the dictionary; did you mean 'yes'?)"},
    {"label unknown", data, "id,x\n1,perhaps\n",
     "id: id\nas_of: 2024-01-31\ncolumns: {x: {kind: categorical, dictionary: [\"no\", \"yes\"]}}\n",
     "x.csv:2:2: column 'x' holds 'perhaps' (expected no or yes)"},
    {"label no UTF-8", data, "id,x\n1,K\xf6ln\n", "id: id\nas_of: 2024-01-31\ncolumns: {x: {kind: categorical}}\n",
     "x.csv:2:2: column 'x' holds 'K\xf6ln' (expected UTF-8; convert the file)"},
    {"rate in percent", data, "id,x\n1,24\n", "id: id\nas_of: 2024-01-31\noffers: {apr: x}\n",
     "x.csv:2: setting 'offers.apr' holds '24' (expected a yearly fraction 0 … 20, such as 0.24 for 24 %)"},
    {"negative limit", data, "id,x\n1,-24\n", "id: id\nas_of: 2024-01-31\noffers: {limit: x}\n",
     "x.csv:2: setting 'offers.limit' holds '-24' (expected an amount of money, not negative)"},
    {"half a month", data, "id,x\n1,6.5\n", "id: id\nas_of: 2024-01-31\noffers: {term: x}\n",
     "x.csv:2: setting 'offers.term' holds '6.5' (expected whole months)"},
    {"propensity above 1", data, "id,x\n1,1.5\n", "id: id\nas_of: 2024-01-31\noffers: {propensity: x}\n",
     "x.csv:2: setting 'offers.propensity' holds '1.5' (expected a probability above 0, at most 1)"},
    {"propensity 0", data, "id,x\n1,0\n", "id: id\nas_of: 2024-01-31\noffers: {propensity: x}\n",
     "x.csv:2: setting 'offers.propensity' holds '0' (expected a probability above 0, at most 1)"},
    {"contacted missing", data, "id,x\n1,\n", "id: id\nas_of: 2024-01-31\noffers: {contacted: x}\n",
     "x.csv:2: setting 'offers.contacted' holds nothing (expected 0 or 1, not missing)"},
    {"outcome neither 0 nor 1", data, "id,x\n1,2\n", "id: id\nas_of: 2024-01-31\noutcomes: {fraud: x}\n",
     "x.csv:2: setting 'outcomes.fraud' holds '2' (expected 0, 1 or missing)"},
    {"booked without accepting", data, "id,r,b\n1,1,1\n2,0,1\n",
     "id: id\nas_of: 2024-01-31\noutcomes: {responded: r, booked: b}\n",
     "x.csv:3: setting 'outcomes.booked' holds '1' (expected 0 where responded is 0; who was booked had accepted)"},
    {"repeated row", data, "id,x\n7,1\n8,1\n7,3\n8,4\n", plain,
     "x.csv:4: the line has borrower 7 on 20240131 (expected once; it stands on line 2 already)"},
};

/// Files and mappings that do not fit; the message is whole.
const Broken misfits[] = {
    {"UTF-16", data, "\xff\xfei\n", plain, "x.csv is UTF-16 text (expected UTF-8 or ASCII): save it as UTF-8"},
    {"spreadsheet", data, "PK\x03\x04", plain,
     "x.csv is a zip archive or a spreadsheet (expected CSV, plain or gzip): unpack it, or save it as CSV"},
    {"book", data, "\x89HDF\r\n\x1a\n", plain,
     "x.csv is an HDF5 file (expected CSV, plain or gzip): a book needs no ingest"},
    {"header only", data, "id,x\n", plain,
     "x.csv gives no row for the book (0 rows read, 0 rejected): check header_line"},
    {"empty file", data, "", plain, "x.csv is empty (expected a header and rows): check the file"},
    {"header line too far", data, "id,x\n1,2\n", "header_line: 9\nas_of: 2024-01-31\nfeatures: [x]\n",
     "x.csv ends before line 9 (header_line says that the header stands there): check header_line"},
    {"column misspelt", usage, "id,income\n1,2\n", "id: id\nas_of: 2024-01-31\nfeatures: [incom]\n",
     "m.yaml:4:1: x.csv has no column 'incom' (the header is line 1): did you mean 'income'?"},
    {"column absent", usage, "id;income\n1;2\n", "id: id\nas_of: 2024-01-31\n",
     "m.yaml:2:1: x.csv has no column 'id' (the header is line 1): check the name, header_line and separator"},
    {"column number absent", usage, "id,x\n1,2\n", "id: \"#3\"\nas_of: 2024-01-31\n",
     "m.yaml:2:1: x.csv has no column '#3' (it has 2 columns): count from #1"},
    {"column twice", usage, "id,x,x\n1,2,3\n", plain,
     "m.yaml:4:1: x.csv has two columns 'x': name the one you mean by its number, #1, #2, …"},
    {"expression with an unknown column", usage, "id,x\n1,2\n",
     "id: id\nas_of: 2024-01-31\ncolumns: {r: {expression: x / yy}}\n",
     "m.yaml:4:15: x.csv has no column 'yy' (the header is line 1): check the name, header_line and separator"},
    {"label an expression waits for in vain", usage, "id,x\n1,no\n",
     "id: id\nas_of: 2024-01-31\ncolumns: {x: {kind: categorical, dictionary: [\"no\", \"yes\"]}}\noutcomes: {default: "
     "'x == \"ye\"'}\n",
     "m.yaml:5:12: 'x' never is 'ye' (is not in the dictionary; did you mean 'yes'?): correct the label"},
};

class IngestMessages : public ::testing::Test {
 protected:
  static std::string message_of(const Broken& broken) {
    const Scratch scratch;
    const std::string message = message_from(
        scratch, broken.code, [&] { static_cast<void>(ingest_text(scratch, broken.csv, broken.yaml, 4)); });
    EXPECT_FALSE(std::filesystem::exists(scratch.path() / "x.h5"));
    return message;
  }
};

TEST_F(IngestMessages, OfBadRows) {
  for (const Broken& broken : bad_rows)
    EXPECT_EQ(message_of(broken), std::string(broken.message) + correct) << broken.what;
}

TEST_F(IngestMessages, OfFilesAndMappingsThatDoNotFit) {
  for (const Broken& broken : misfits) EXPECT_EQ(message_of(broken), broken.message) << broken.what;
}

TEST_F(IngestMessages, ShortenLongCells) {
  const Broken broken{"", data, "", plain, ""};
  const std::string csv = "id,x\n1," + std::string(79, 'a') + "é" + std::string(1000, 'b') + "\n";
  Broken longer = broken;
  longer.csv = csv.c_str();
  EXPECT_THAT(message_of(longer),
              ::testing::StartsWith("x.csv:2:2: column 'x' holds '" + std::string(79, 'a') + "…' (expected"));
}

TEST_F(IngestMessages, OfTooManyLabels) {
  const Scratch scratch;
  std::string csv = "id,name\n";
  for (int r = 0; r < 140000; ++r) csv += std::to_string(r) + ",n" + std::to_string(r / 2) + "\n";
  EXPECT_THAT(
      message_from(scratch, data,
                   [&] {
                     static_cast<void>(ingest_text(
                         scratch, csv, "id: id\nas_of: 2024-01-31\ncolumns: {name: {kind: categorical}}\n", 1 << 20));
                   }),
      ::testing::StartsWith("column 'name' has more than 65,536 labels"));
}

TEST_F(IngestMessages, OfTooManyBadRows) {
  const Scratch scratch;
  std::string csv = "id,x\n";
  for (int r = 0; r < 100; ++r) csv += std::to_string(r) + (r < 40 ? ",1\n" : ",bad\n");
  const std::string yaml = std::string(plain) + "on_bad_row: reject\nmax_rejected: 3\n";
  EXPECT_EQ(message_from(scratch, data, [&] { static_cast<void>(ingest_text(scratch, csv, yaml, 32)); }),
            "more than 3 rows of x.csv are bad; the first is x.csv:42:2: column 'x' holds 'bad' (expected a finite "
            "number with a decimal point, or a missing marker): check the mapping, or raise max_rejected");
  // Bad cells and repeated rows count together; the first of either is named.
  const std::string mixed = "id,x\n1,1\n2,bad\n1,1\n3,bad\n1,1\n";
  EXPECT_EQ(message_from(scratch, data, [&] { static_cast<void>(ingest_text(scratch, mixed, yaml, 4)); }),
            "more than 3 rows of x.csv are bad; the first is x.csv:3:2: column 'x' holds 'bad' (expected a finite "
            "number with a decimal point, or a missing marker): check the mapping, or raise max_rejected");
}

/// Mappings that are wrong in themselves.
const Broken wrong_mappings[] = {
    {"no date", usage, "", "features: [x]\n",
     "m.yaml:1:1: as_of is missing (every row needs the day of its features): add as_of: YYYY-MM-DD, or as_of: and the "
     "name of a column"},
    {"no such date", usage, "", "as_of: 2024-02-30\n",
     "m.yaml:2:1: as_of is '2024-02-30', which is no day of the calendar: write YYYY-MM-DD, or the name of a column"},
    {"column twice", usage, "", "as_of: 2024-01-31\nfeatures: [x]\ncolumns: {x: {}}\n",
     "m.yaml:4:11: the book would have two columns 'x': name it once, in features or in columns"},
    {"separator too long", usage, "", "as_of: 2024-01-31\nseparator: \";;\"\n",
     "m.yaml:3:1: separator is ';;' (expected one character other than the quote): use one of , ; | or \"\\t\""},
    {"window without cut-off", usage, "", "as_of: 2024-01-31\noutcomes: {window: {bad: x}}\n",
     "m.yaml:3:12: the outcome window has no cut-off date (without it immature accounts would count as good): add "
     "cut_off: YYYY-MM-DD"},
    {"numeric with a dictionary", usage, "", "as_of: 2024-01-31\ncolumns: {x: {dictionary: [a]}}\n",
     "m.yaml:3:15: column 'x' is numeric and has a dictionary: add kind: categorical"},
    {"product not declared", usage, "", "as_of: 2024-01-31\nproducts: [card]\noffers: {product: loan}\n",
     "m.yaml:4:10: product 'loan' is not in the list of labels (the list has card): add it to products, at the top of "
     "the mapping"},
};

TEST_F(IngestMessages, OfWrongMappings) {
  const Scratch scratch;
  for (const Broken& broken : wrong_mappings)
    EXPECT_EQ(
        message_from(scratch, usage, [&] { static_cast<void>(mapping_of("csv: x.csv\n" + std::string(broken.yaml))); }),
        broken.message)
        << broken.what;
}

TEST_F(IngestMessages, ReferencePageCanBeMade) {
  const settings::Config config = settings::Config::for_reference();
  static_cast<void>(read_mapping(config.root()));
  EXPECT_THAT(config.as_reference(), ::testing::HasSubstr("on_bad_row"));
}

}  // namespace
}  // namespace proffer::borrowers::test
