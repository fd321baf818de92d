#include <cmath>
#include <limits>

#include "borrowers/book.hpp"
#include "ingest_support.hpp"
#include "parallel/random.hpp"

namespace proffer::borrowers::test {
namespace {

constexpr float nan = std::numeric_limits<float>::quiet_NaN();

BookLayout full_layout(std::uint64_t rows) {
  BookLayout layout;
  layout.schema.columns = {{"income", Kind::numeric, Role::feature, {}},
                           {"city", Kind::categorical, Role::monitor_only, {"Ulm", "Köln, \"Süd\""}},
                           {"later", Kind::numeric, Role::post_outcome, {}}};
  layout.schema.products = {"card", "loan"};
  layout.schema.channels = {"mail"};
  layout.schema.currency = "EUR";
  layout.schema.default_months = 12;
  layout.rows = rows;
  layout.offers = layout.responded = layout.defaulted = true;
  return layout;
}

/// Row r's values are functions of r.
Batch rows_of(std::uint64_t first, std::uint64_t count) {
  Batch batch;
  batch.first_row = first;
  batch.columns = 3;
  batch.offers.emplace();
  batch.outcomes.emplace();
  batch.offers->resize(count);
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::uint64_t r = first + i;
    batch.id.push_back(mix64(r));
    batch.unit.push_back(mix64(r / 2));
    batch.as_of.push_back(20240100 + static_cast<std::int32_t>(r % 31) + 1);
    batch.features.insert(batch.features.end(),
                          {static_cast<float>(r) * 0.1F, static_cast<float>(r % 2), r % 7 == 0 ? nan : 1.0F});
    batch.offers->limit[i] = static_cast<double>(r) + 0.25;
    batch.offers->product[i] = static_cast<std::uint8_t>(r % 2);
    batch.offers->term[i] = static_cast<std::uint16_t>(r % 60);
    batch.outcomes->responded.push_back(r % 3 == 0);
    batch.outcomes->defaulted.push_back(r % 3 == 0 ? std::uint8_t{0} : outcome::unknown);
  }
  return batch;
}

void expect_same(const Batch& read, const Batch& wrote) {
  EXPECT_EQ(read.id, wrote.id);
  EXPECT_EQ(read.unit, wrote.unit);
  EXPECT_EQ(read.as_of, wrote.as_of);
  ASSERT_EQ(read.features.size(), wrote.features.size());
  for (std::size_t i = 0; i < read.features.size(); ++i)
    EXPECT_TRUE(read.features[i] == wrote.features[i] ||
                (std::isnan(read.features[i]) && std::isnan(wrote.features[i])));
  ASSERT_TRUE(read.offers && read.outcomes);
  EXPECT_EQ(read.offers->limit, wrote.offers->limit);
  EXPECT_EQ(read.offers->product, wrote.offers->product);
  EXPECT_EQ(read.offers->channel, wrote.offers->channel);
  EXPECT_EQ(read.offers->term, wrote.offers->term);
  EXPECT_TRUE(read.offers->apr.empty() || std::isnan(read.offers->apr[0]));
  EXPECT_EQ(read.outcomes->responded, wrote.outcomes->responded);
  EXPECT_EQ(read.outcomes->defaulted, wrote.outcomes->defaulted);
  EXPECT_TRUE(read.outcomes->booked.empty());
}

storage::Published write_book(const parallel::Communicator& comm, const std::filesystem::path& path,
                              std::uint64_t rows) {
  BookWriter writer(comm, path, full_layout(rows));
  const auto range = storage::rows_of_rank(comm, rows);
  writer.write(rows_of(range.begin, range.size()));
  return writer.publish();
}

TEST(Book, ReadsBackWhatWasWritten) {
  const Scratch scratch;
  for (const std::uint64_t rows : {0, 1, 4097, 20000}) {
    const auto path = scratch.path() / (std::to_string(rows) + ".h5");
    static_cast<void>(write_book(world(), path, rows));
    const BookReader book(path);
    EXPECT_EQ(book.rows(), rows);
    EXPECT_EQ(book.schema().columns.size(), 3U);
    EXPECT_EQ(book.schema().columns[1].dictionary, full_layout(0).schema.columns[1].dictionary);
    EXPECT_EQ(book.schema().columns[1].role, Role::monitor_only);
    EXPECT_EQ(book.schema().columns[2].role, Role::post_outcome);
    EXPECT_EQ(book.schema().feature_names(), std::vector<std::string>{"income"});
    EXPECT_EQ(book.schema().products, full_layout(0).schema.products);
    EXPECT_EQ(book.schema().currency, "EUR");
    EXPECT_EQ(book.schema().default_months, 12);
    EXPECT_TRUE(book.has_outcome("default"));
    EXPECT_FALSE(book.has_outcome("fraud"));
    const std::uint64_t first = rows / 3, count = rows - first;
    expect_same(book.read(first, count, {.offers = true, .outcomes = true}), rows_of(first, count));
  }
}

TEST(Book, HasTheSameBytesAtAnyNumberOfRanks) {
  const Scratch scratch;
  const auto together = write_book(world(), scratch.path() / "all.h5", 20000);
  const auto alone =
      write_book(parallel::self(), scratch.path() / ("one" + std::to_string(world().rank()) + ".h5"), 20000);
  EXPECT_EQ(together.sha256, alone.sha256);
}

TEST(Book, NamesTheColumnOfAnInfiniteFeature) {
  const Scratch scratch;
  const auto path = scratch.path() / "x.h5";
  {
    BookWriter writer(world(), path, full_layout(5000));
    const auto range = storage::rows_of_rank(world(), 5000);
    Batch batch = rows_of(range.begin, range.size());
    if (range.begin <= 4500 && 4500 < range.end)
      batch.features[(4500 - range.begin) * 3 + 2] = std::numeric_limits<float>::infinity();
    writer.write(batch);
    static_cast<void>(writer.publish());
  }
  const BookReader book(path);
  EXPECT_EQ(message_from(scratch, ExitCode::bad_data, [&] { static_cast<void>(book.read(4090, 900)); }),
            "x.h5:/borrower/features row 4500, column 'later' is infinite (infinite numbers are refused): store a "
            "missing number as NaN");
}

TEST(Book, RefusesUnknownCodes) {
  const Scratch scratch;
  const auto path = scratch.path() / "x.h5";
  {
    BookWriter writer(world(), path, full_layout(10));
    if (world().is_root()) {
      Batch batch = rows_of(0, 10);
      batch.outcomes->defaulted[3] = 2;
      batch.offers->product[4] = 2;
      writer.write(batch);
    }
    static_cast<void>(writer.publish());
  }
  const BookReader book(path);
  EXPECT_EQ(message_from(scratch, ExitCode::bad_data, [&] { static_cast<void>(book.read(0, 10, {.outcomes = true})); }),
            "x.h5:/outcome/default row 3 has the unknown outcome code 2 (expected 0, 1, 253, 254 or 255): write the "
            "book again");
  EXPECT_EQ(message_from(scratch, ExitCode::bad_data, [&] { static_cast<void>(book.read(0, 10, {.offers = true})); }),
            "x.h5:/offer/product row 4 has the code 2 (there are 2 labels): write the book again");
}

TEST(Book, SuggestsTheColumnThatWasMeant) {
  const Schema schema = full_layout(0).schema;
  EXPECT_EQ(schema.index_of("city", "c.yaml:1:1"), 1U);
  try {
    static_cast<void>(schema.index_of("incom", "c.yaml:4:9"));
    FAIL();
  } catch (const UsageError& error) {
    EXPECT_STREQ(error.what(), "c.yaml:4:9: the book has no column 'incom': did you mean 'income'?");
  }
}

}  // namespace
}  // namespace proffer::borrowers::test
