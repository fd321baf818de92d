#include "foundation/hash.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <stdexcept>

namespace proffer {
namespace {

// Test vectors of FIPS 180-2, appendix B.
TEST(Sha256, AgreesWithThePublishedVectors) {
  EXPECT_EQ(hex(sha256("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(hex(sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hex(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

TEST(Sha256, DoesNotDependOnThePieces) {
  Sha256 hash;
  for (int i = 0; i < 1000; ++i) hash.update(std::string(1000, 'a'));
  EXPECT_EQ(hex(hash.finish()), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
  EXPECT_THROW((void)hash.finish(), std::logic_error);
}

// The value for the empty input that the XXH3 specification gives with seed 0.
TEST(Xxh3, AgreesWithThePublishedValue) {
  EXPECT_EQ(xxh3(std::string_view()), 0x2d06800538d394c2ULL);
}

// First outputs of SplitMix64 with state 0, as in Vigna's splitmix64.c.
TEST(Mix64, IsSplitMix64) {
  EXPECT_EQ(mix64(0), 0xe220a8397b1dcdafULL);
  EXPECT_EQ(mix64(0x9e3779b97f4a7c15ULL), 0x6e789e6aa1b965f4ULL);
}

TEST(Mix64, EveryInputBitMovesAboutHalfOfTheOutputBits) {
  for (int bit = 0; bit < 64; ++bit) {
    int moved = 0;
    for (std::uint64_t x = 0; x < 1000; ++x) moved += std::popcount(mix64(x) ^ mix64(x ^ std::uint64_t{1} << bit));
    EXPECT_NEAR(moved / 1000.0, 32, 1) << "bit " << bit;
  }
}

}  // namespace
}  // namespace proffer
