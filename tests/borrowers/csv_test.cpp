#include "borrowers/csv.hpp"

#include <random>

#include "borrowers/csv_cells.hpp"
#include "ingest_support.hpp"

namespace proffer::borrowers::test {
namespace {

std::vector<std::string> split(std::string_view line, char separator = ',') {
  CellSplitter splitter(separator);
  const auto& cells = splitter.split(line);
  return {cells.begin(), cells.end()};
}

std::string problem_of(std::string_view line) {
  try {
    static_cast<void>(split(line));
  } catch (const RowProblem& problem) {
    return std::to_string(problem.column) + " " + problem.value + ": " + problem.reason;
  }
  return "";
}

using Texts = std::vector<std::string>;

TEST(Csv, SplitsCellsByRfc4180) {
  EXPECT_EQ(split("a,b,c"), (Texts{"a", "b", "c"}));
  EXPECT_EQ(split("a,,c,"), (Texts{"a", "", "c", ""}));
  EXPECT_EQ(split(""), (Texts{""}));
  EXPECT_EQ(split(","), (Texts{"", ""}));
  EXPECT_EQ(split(R"("a,b","c""d","")"), (Texts{"a,b", "c\"d", ""}));
  EXPECT_EQ(split(R"("""a""",x)"), (Texts{"\"a\"", "x"}));
  EXPECT_EQ(split(R"("a",)"), (Texts{"a", ""}));
  EXPECT_EQ(split(R"(" a ", b )"), (Texts{" a ", "b"}));
  EXPECT_EQ(split("1;2,5;3", ';'), (Texts{"1", "2,5", "3"}));
}

TEST(Csv, RefusesMisplacedQuotes) {
  EXPECT_EQ(problem_of(R"(a,"b)"),
            "2 \"b: expected a closing quote on the same line; a cell may not hold a line break");
  EXPECT_EQ(problem_of(R"(a"b,c)"), "1 a\"b: expected no quote inside a cell that is not quoted");
  EXPECT_EQ(problem_of(R"(x,"a"b,c)"), "2 \"a\"b: expected a separator after the closing quote");
}

TEST(Csv, ReadsNumbersWithoutLocale) {
  EXPECT_EQ(parse_number("-1.25e3"), -1250.0);
  EXPECT_EQ(parse_number("+7"), 7.0);
  EXPECT_EQ(parse_number("0.1"), 0.1);
  EXPECT_EQ(parse_number("1e-999"), 0.0);
  for (const char* bad :
       {"", "1,5", "1.5x", "0x10", "inf", "-inf", "infinity", "nan", "1e999", "+-1", "--1", " 1", "1 000"})
    EXPECT_FALSE(parse_number(bad)) << bad;
  EXPECT_EQ(parse_id("18446744073709551615"), 18446744073709551615U);
  for (const char* bad : {"", "-1", "1.0", "18446744073709551616", "NaN", "1e3"}) EXPECT_FALSE(parse_id(bad)) << bad;
}

TEST(Csv, ReadsDatesOfTheCalendarOnly) {
  EXPECT_EQ(parse_date("2024-02-29", DateFormat::iso), 20240229);
  EXPECT_EQ(parse_date("20240229", DateFormat::compact), 20240229);
  EXPECT_EQ(parse_date("29/02/2024", DateFormat::day_first), 20240229);
  EXPECT_EQ(parse_date("02/29/2024", DateFormat::month_first), 20240229);
  EXPECT_FALSE(parse_date("2023-02-29", DateFormat::iso));
  EXPECT_FALSE(parse_date("2024-2-9", DateFormat::iso));
  EXPECT_FALSE(parse_date("2024/02/29", DateFormat::iso));
  EXPECT_FALSE(parse_date("29/02/2024", DateFormat::month_first));
  EXPECT_EQ(add_months(20240131, 1), 20240229);
  EXPECT_EQ(add_months(20231130, 3), 20240229);
  EXPECT_EQ(add_months(20240115, 12), 20250115);
}

/// All lines that the blocks of a file hold, in order.
std::string joined(CsvFile& file) {
  std::string text;
  file.for_each_block([](std::uint64_t) { return true; },
                      [&](const CsvBlock& block) {
                        text += block.text;
                        return true;
                      });
  return text;
}

TEST(Csv, BlocksHoldEveryLineOnceWhateverTheirSize) {
  const Scratch scratch;
  std::mt19937 random(7);
  std::string rows;
  for (int r = 0; r < 300; ++r) {
    rows += "\"" + std::string(random() % 40, 'x') + ",\"\"quoted\"\"\"," + std::to_string(r);
    rows += r % 3 == 0 ? "\r\n" : "\n";
    if (r % 50 == 0) rows += "\n";
  }
  rows += "\"last\",without line end";
  for (const bool packed : {false, true}) {
    const auto path = scratch.path() / (packed ? "x.csv.gz" : "x.csv");
    const std::string all =
        "\xef\xbb\xbf"
        "a,b\r\n" +
        rows;
    packed ? write_gzip(path, all) : write_file(path, all);
    for (const std::uint64_t bytes : {1, 7, 64, 1000, 100000}) {
      CsvFile file(path, {}, bytes);
      EXPECT_EQ(file.header(), (Texts{"a", "b"}));
      EXPECT_EQ(file.blocks().has_value(), !packed);
      EXPECT_EQ(joined(file), rows) << bytes;
      EXPECT_EQ(joined(file), rows) << "read again";
      // Readers that take every third block have all lines between them, in whole lines.
      std::vector<std::string> blocks(rows.size() + 3);
      for (std::uint64_t part = 0; part < 3; ++part)
        file.for_each_block([&](std::uint64_t number) { return number % 3 == part; },
                            [&](const CsvBlock& block) {
                              blocks[block.number] = block.text;
                              return true;
                            });
      std::string together;
      for (const std::string& block : blocks) together += block;
      EXPECT_EQ(together, rows) << bytes;
    }
  }
}

TEST(Csv, FindsTheHeaderWhereItStands) {
  const Scratch scratch;
  write_file(scratch.path() / "two.csv", ",X1,X2\nid,\"the \"\"name\"\"\",c\n1,2,3\n");
  EXPECT_EQ(CsvFile(scratch.path() / "two.csv", {.header_line = 2}).header(), (Texts{"id", "the \"name\"", "c"}));
  CsvFile none(scratch.path() / "two.csv", {.header_line = 0});
  EXPECT_EQ(none.header(), (Texts{"#1", "#2", "#3"}));
  EXPECT_EQ(joined(none), ",X1,X2\nid,\"the \"\"name\"\"\",c\n1,2,3\n");
  CsvFile only(scratch.path() / "two.csv", {.header_line = 3});
  EXPECT_EQ(joined(only), "");
}

TEST(Csv, SaysWhatIsWrongWithAFile) {
  const Scratch scratch;
  const auto message = [&](ExitCode code, const std::string& name, CsvFormat format = {}) {
    return message_from(scratch, code, [&] {
      CsvFile file(scratch.path() / name, format);
      static_cast<void>(joined(file));
    });
  };
  write_file(scratch.path() / "empty.csv", "");
  write_file(scratch.path() / "short.csv", "a,b\n1,2\n");
  std::string rows;
  for (int r = 0; r < 20000; ++r)
    rows += std::to_string(r * r) + "," + std::to_string(mix64(static_cast<std::uint64_t>(r))) + "\n";
  write_gzip(scratch.path() / "whole.gz", "a,b\n" + rows);
  const std::string packed = read_file(scratch.path() / "whole.gz");
  write_file(scratch.path() / "cut.gz", packed.substr(0, packed.size() / 2));
  std::string flipped = packed;
  flipped[packed.size() - 6] = static_cast<char>(flipped[packed.size() - 6] ^ 1);
  write_file(scratch.path() / "flipped.gz", flipped);
  EXPECT_EQ(message(ExitCode::bad_usage, "absent.csv"),
            "cannot open the CSV file absent.csv (No such file or directory): check the path");
  EXPECT_EQ(message(ExitCode::bad_usage, "."), "the CSV file . is a folder: name a file");
  EXPECT_EQ(message(ExitCode::bad_data, "empty.csv"),
            "empty.csv is empty (expected a header and rows): check the file");
  EXPECT_EQ(message(ExitCode::bad_data, "short.csv", {.header_line = 4}),
            "short.csv ends before line 4 (header_line says that the header stands there): check header_line");
  EXPECT_EQ(message(ExitCode::bad_data, "cut.gz"), "cut.gz is a broken gzip file (it ends too early): copy it again");
  EXPECT_THAT(message(ExitCode::bad_data, "flipped.gz"), ::testing::HasSubstr("flipped.gz is a broken gzip file"));
}

}  // namespace
}  // namespace proffer::borrowers::test
