// A TCP socket whose every wait has a deadline. Independent of MPI.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace proffer::boosting {

using Clock = std::chrono::steady_clock;
using Deadline = Clock::time_point;

/// Milliseconds until the deadline for poll(2): 0 once it has passed.
[[nodiscard]] int milliseconds_until(Deadline deadline);

/// An IPv4 TCP socket. Failures of the system and deadlines that pass throw SystemError.
class Socket {
 public:
  Socket() = default;
  explicit Socket(int descriptor) : descriptor_(descriptor) {}
  ~Socket() { close(); }
  Socket(Socket&& other) noexcept;
  Socket& operator=(Socket&& other) noexcept;
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  [[nodiscard]] int descriptor() const { return descriptor_; }
  [[nodiscard]] bool is_open() const { return descriptor_ >= 0; }
  void close();

  void send(std::span<const std::byte> bytes, Deadline deadline) const;
  void receive(std::span<std::byte> bytes, Deadline deadline) const;
  /// What has arrived, at most bytes.size(); 0 where nothing waits, −1 where the peer has closed or the connection
  /// broke.
  [[nodiscard]] std::ptrdiff_t receive_waiting(std::span<std::byte> bytes) const;

  /// 32 bits in the order of this machine, and texts with their length before them.
  void send_int(std::int32_t value, Deadline deadline) const;
  void send_text(const std::string& text, Deadline deadline) const;
  [[nodiscard]] std::int32_t receive_int(Deadline deadline) const;

 private:
  int descriptor_ = -1;
};

/// A socket bound to `address` that can listen, stop listening and listen again on the same port.
class Listener {
 public:
  explicit Listener(const std::string& address);
  [[nodiscard]] const std::string& address() const { return address_; }
  [[nodiscard]] std::uint16_t port() const { return port_; }
  void listen();
  /// From now on connections are refused. The port stays ours.
  void stop_listening();
  struct Accepted {
    Socket socket;
    std::string address;  ///< of the peer
  };
  /// The next connection, or a closed socket where none waits.
  [[nodiscard]] Accepted accept();
  [[nodiscard]] int descriptor() const { return socket_.descriptor(); }

 private:
  Socket socket_;
  std::string address_;
  std::uint16_t port_ = 0;
};

/// Connects and closes at once; nothing happens where that fails.
void knock(const std::string& address, std::uint16_t port);

/// The IPv4 address of a network interface ("eth0"; an address stands for itself). Empty name: the first interface
/// that is up and is not loopback. UsageError where there is none.
[[nodiscard]] std::string address_of_interface(const std::string& name);

}  // namespace proffer::boosting
