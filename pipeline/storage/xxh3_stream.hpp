// xxh3-64 of bytes that come in pieces; the same value as proffer::xxh3 of them in one piece. Internal to storage/.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace proffer::storage {

class Xxh3Stream {
 public:
  Xxh3Stream();
  ~Xxh3Stream();
  void restart();
  void update(std::span<const std::byte> bytes);
  /// Of everything since the last restart.
  [[nodiscard]] std::uint64_t digest() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace proffer::storage
