#include "storage/xxh3_stream.hpp"

#include <xxhash.h>

#include <new>

namespace proffer::storage {

struct Xxh3Stream::State {
  XXH3_state_t* xxh = XXH3_createState();  // aligned as it needs to be
  State() {
    if (xxh == nullptr) throw std::bad_alloc();
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() { XXH3_freeState(xxh); }
};

Xxh3Stream::Xxh3Stream() : state_(std::make_unique<State>()) {
  restart();
}
Xxh3Stream::~Xxh3Stream() = default;

void Xxh3Stream::restart() {
  XXH3_64bits_reset(state_->xxh);
}
void Xxh3Stream::update(std::span<const std::byte> bytes) {
  XXH3_64bits_update(state_->xxh, bytes.data(), bytes.size());
}
std::uint64_t Xxh3Stream::digest() const {
  return XXH3_64bits_digest(state_->xxh);
}

}  // namespace proffer::storage
