#include "foundation/hash.hpp"

#include <openssl/evp.h>
#include <xxhash.h>

#include <new>

#include "foundation/error.hpp"

namespace proffer {

std::uint64_t xxh3(std::span<const std::byte> bytes) {
  return XXH3_64bits(bytes.data(), bytes.size());
}

std::uint64_t xxh3(std::string_view text) {
  return XXH3_64bits(text.data(), text.size());
}

struct Sha256::State {
  struct Free {
    void operator()(EVP_MD_CTX* unneeded) const { EVP_MD_CTX_free(unneeded); }
  };
  std::unique_ptr<EVP_MD_CTX, Free> context{EVP_MD_CTX_new()};
};

namespace {
void check(int openssl_result) {
  if (openssl_result != 1) throw SystemError({"SHA-256 cannot be computed", "OpenSSL refused", ""});
}
}  // namespace

Sha256::Sha256() : state_(std::make_unique<State>()) {
  if (!state_->context) throw std::bad_alloc();
  check(EVP_DigestInit_ex(state_->context.get(), EVP_sha256(), nullptr));
}

Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

void Sha256::update(std::span<const std::byte> bytes) {
  expects(state_ && state_->context, "Sha256::update after finish");
  check(EVP_DigestUpdate(state_->context.get(), bytes.data(), bytes.size()));
}

void Sha256::update(std::string_view text) {
  update(std::as_bytes(std::span(text)));
}

Sha256Digest Sha256::finish() {
  expects(state_ && state_->context, "Sha256::finish called twice");
  Sha256Digest digest{};
  unsigned int size = 0;
  check(EVP_DigestFinal_ex(state_->context.get(), reinterpret_cast<unsigned char*>(digest.data()), &size));
  state_->context.reset();
  expects(size == digest.size(), "a SHA-256 digest has 32 bytes");
  return digest;
}

Sha256Digest sha256(std::string_view text) {
  Sha256 hash;
  hash.update(text);
  return hash.finish();
}

std::string hex(const Sha256Digest& digest) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  text.reserve(2 * digest.size());
  for (const std::byte byte : digest) {
    text += digits[std::to_integer<unsigned>(byte >> 4)];
    text += digits[std::to_integer<unsigned>(byte & std::byte{15})];
  }
  return text;
}

}  // namespace proffer
