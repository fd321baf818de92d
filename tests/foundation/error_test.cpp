#include "foundation/error.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <type_traits>

#include "foundation/checked_cast.hpp"
#include "foundation/types.hpp"

namespace proffer {
namespace {

TEST(Error, SaysProblemWhyAndSuggestion) {
  EXPECT_EQ((Message{"cannot read x.h5", "no such file", "check the path"}.text()),
            "cannot read x.h5 (no such file): check the path");
  EXPECT_EQ((Message{"cannot read x.h5", "", "check the path"}.text()), "cannot read x.h5: check the path");
  EXPECT_EQ((Message{"cannot read x.h5", "no such file", ""}.text()), "cannot read x.h5 (no such file)");
  EXPECT_EQ((Message{"cannot read x.h5", "", ""}.text()), "cannot read x.h5");
}

TEST(Error, KeepsTextAndExitCode) {
  const DataError error({"row 7 is bad", "infinite income", "clean it"});
  EXPECT_STREQ(error.what(), "row 7 is bad (infinite income): clean it");
  EXPECT_EQ(static_cast<int>(error.code()), 3);
  EXPECT_EQ(static_cast<int>(UsageError({}).code()), 2);
  EXPECT_EQ(static_cast<int>(InfeasibleError({}).code()), 4);
  EXPECT_EQ(static_cast<int>(SystemError({}).code()), 5);
}

TEST(Error, BrokenPromiseIsALogicError) {
  EXPECT_NO_THROW(expects(true, "holds"));
  EXPECT_THROW(expects(false, "does not hold"), std::logic_error);
}

TEST(CheckedCast, ThrowsWhereTheValueDoesNotFit) {
  EXPECT_EQ(checked_cast<int>(std::uint64_t{2147483647}), 2147483647);
  EXPECT_THROW((void)checked_cast<int>(std::uint64_t{2147483648}), std::overflow_error);
  EXPECT_THROW((void)checked_cast<std::uint32_t>(-1), std::overflow_error);
  EXPECT_EQ(checked_cast<std::int8_t>(-128LL), -128);
  EXPECT_THROW((void)checked_cast<std::int64_t>(std::numeric_limits<std::uint64_t>::max()), std::overflow_error);
}

TEST(Types, IdsDoNotMixAndCompare) {
  static_assert(!std::is_convertible_v<GlobalRow, LocalRow>);
  static_assert(!std::is_convertible_v<std::uint64_t, BorrowerId>);
  EXPECT_LT(BorrowerId(3), BorrowerId(4));
  EXPECT_EQ(GlobalRow(3), GlobalRow(3));
}

}  // namespace
}  // namespace proffer
