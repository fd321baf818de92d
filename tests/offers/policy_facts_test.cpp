#include "offers/policy_facts.hpp"

#include <gtest/gtest.h>

#include "foundation/error.hpp"
#include "models/model.hpp"

namespace proffer::offers {
namespace {

TEST(Suppression, ReadsTextAndCsv) {
  const std::vector<std::uint64_t> expected{3, 7, 18446744073709551615ULL};
  EXPECT_EQ(suppression_from_text("7\n3\n18446744073709551615\n3\n", "s"), expected);
  EXPECT_EQ(suppression_from_text(
                "# asked not to be called\nid;since\r\n\r\n\"7\";2024\r\n 3 ;x\r\n18446744073709551615", "s"),
            expected);
  EXPECT_TRUE(suppression_from_text("", "s").empty());
  EXPECT_TRUE(suppression_from_text("id\n", "s").empty());
}

TEST(Suppression, ABadLineIsNamed) {
  for (const char* text : {"id\n7\nseven\n", "7\n\nseven"}) {
    try {
      static_cast<void>(suppression_from_text(text, "list.csv"));
      FAIL();
    } catch (const DataError& error) {
      EXPECT_STREQ(error.what(),
                   "list.csv:3: 'seven' is no id (a suppression list has a borrower's id in its first "
                   "column): correct or remove the line");
    }
  }
  EXPECT_THROW(static_cast<void>(suppression_from_text("1\n-4\n", "s")), DataError);
  EXPECT_THROW(static_cast<void>(suppression_from_text("1\n18446744073709551616\n", "s")), DataError);
  EXPECT_THROW(static_cast<void>(read_suppression("no/such/file")), UsageError);
}

TEST(Trials, CountWhatIsNear) {
  Catalog catalog;
  catalog.products.resize(2);
  catalog.products[0].name = "card";
  catalog.products[1].name = "loan";
  catalog.channels = {{"mail", 0}, {"phone", 0}};
  catalog.offers = {
      {1, 0, 5000, 0.129, 36}, {1, 1, 5000, 0.129, 12}, {0, 0, 5000, 0.129, 24}, {1, 0, 20000, 0.129, 36}};
  const std::vector<std::string> products{"loan", "card"};  // the model's codes are its own
  const std::vector<models::Trials> trials{
      {0, 5000, 0.129F, 36, 10},  {0, 4000, 0.129F, 24, 20},   {0, 3999, 0.129F, 24, 40}, {0, 6250, 0.144F, 36, 80},
      {0, 6251, 0.129F, 36, 160}, {0, 5000, 0.1441F, 36, 320}, {1, 5000, 0.12F, 36, 640}, {7, 5000, 0.129F, 36, 1280}};
  EXPECT_EQ(count_trials(catalog, trials, products, {}), (std::vector<std::uint64_t>{110, 110, 640, 0}));
  EXPECT_EQ(count_trials(catalog, trials, products, {.limit_ratio = 2, .apr_band = 0.1})[0], 630U);
}

}  // namespace
}  // namespace proffer::offers
