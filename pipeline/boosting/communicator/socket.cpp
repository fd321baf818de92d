#include "boosting/communicator/socket.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <system_error>
#include <utility>

#include "foundation/error.hpp"

namespace proffer::boosting {
namespace {

[[noreturn]] void fail(const std::string& what, int error) {
  throw SystemError({"training's network failed", what + ": " + std::generic_category().message(error),
                     "check that the ranks reach each other over TCP"});
}

void wait_for(int descriptor, short events, Deadline deadline) {
  pollfd waited{descriptor, events, 0};
  for (;;) {
    const int ready = ::poll(&waited, 1, milliseconds_until(deadline));
    if (ready > 0) return;
    if (ready < 0 && errno == EINTR) continue;
    if (ready < 0) fail("poll", errno);
    throw SystemError({"training's network timed out", "a rank did not answer in time",
                       "check that every rank runs, or raise the timeout"});
  }
}

sockaddr_in address_and_port(const std::string& address, std::uint16_t port) {
  sockaddr_in result{};
  result.sin_family = AF_INET;
  result.sin_port = htons(port);
  if (::inet_pton(AF_INET, address.c_str(), &result.sin_addr) != 1)
    throw UsageError({"'" + address + "' is no IPv4 address", "", "name an interface or an address like 10.0.0.1"});
  return result;
}

std::string text_of(const in_addr& address) {
  std::array<char, INET_ADDRSTRLEN> text{};
  ::inet_ntop(AF_INET, &address, text.data(), text.size());
  return text.data();
}

Socket new_socket() {
  Socket socket(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket.is_open()) fail("socket", errno);
  return socket;
}

bool bind_to(const Socket& socket, const sockaddr_in& address) {
  // Lets it listen again while connections of its first time are still open or fading.
  const int on = 1;
  ::setsockopt(socket.descriptor(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  return ::bind(socket.descriptor(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

std::uint16_t port_of(const Socket& socket) {
  sockaddr_in bound{};
  socklen_t length = sizeof bound;
  if (::getsockname(socket.descriptor(), reinterpret_cast<sockaddr*>(&bound), &length) != 0) fail("getsockname", errno);
  return ntohs(bound.sin_port);
}

}  // namespace

int milliseconds_until(Deadline deadline) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
  return static_cast<int>(std::clamp<long long>(left, 0, 1'000'000'000));
}

Socket::Socket(Socket&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

Socket& Socket::operator=(Socket&& other) noexcept {
  if (this != &other) {
    close();
    descriptor_ = std::exchange(other.descriptor_, -1);
  }
  return *this;
}

void Socket::close() {
  if (descriptor_ >= 0) ::close(descriptor_);
  descriptor_ = -1;
}

void Socket::send(std::span<const std::byte> bytes, Deadline deadline) const {
  while (!bytes.empty()) {
    const auto sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent >= 0)
      bytes = bytes.subspan(static_cast<std::size_t>(sent));
    else if (errno == EAGAIN || errno == EWOULDBLOCK)
      wait_for(descriptor_, POLLOUT, deadline);
    else if (errno != EINTR)
      fail("send", errno);
  }
}

void Socket::receive(std::span<std::byte> bytes, Deadline deadline) const {
  while (!bytes.empty()) {
    wait_for(descriptor_, POLLIN, deadline);
    const auto got = receive_waiting(bytes);
    if (got < 0) fail("receive", ECONNRESET);
    bytes = bytes.subspan(static_cast<std::size_t>(got));
  }
}

std::ptrdiff_t Socket::receive_waiting(std::span<std::byte> bytes) const {
  const auto got = ::recv(descriptor_, bytes.data(), bytes.size(), MSG_DONTWAIT);
  if (got > 0) return got;
  if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) return 0;
  return -1;
}

void Socket::send_int(std::int32_t value, Deadline deadline) const {
  send(std::as_bytes(std::span(&value, 1)), deadline);
}

void Socket::send_text(const std::string& text, Deadline deadline) const {
  send_int(static_cast<std::int32_t>(text.size()), deadline);
  send(std::as_bytes(std::span(text)), deadline);
}

std::int32_t Socket::receive_int(Deadline deadline) const {
  std::int32_t value = 0;
  receive(std::as_writable_bytes(std::span(&value, 1)), deadline);
  return value;
}

Listener::Listener(const std::string& address) : address_(address) {
  // A port that the system chose is given up when listening stops, one that was asked for is kept: so let the system
  // choose, then ask for just that port; another process may snatch it in between, hence the few attempts.
  for (int attempt = 0; attempt < 20; ++attempt) {
    Socket probe = new_socket();
    if (!bind_to(probe, address_and_port(address, 0))) fail("bind to " + address, errno);
    const std::uint16_t port = port_of(probe);
    probe.close();
    socket_ = new_socket();
    if (bind_to(socket_, address_and_port(address, port))) {
      port_ = port;
      return;
    }
  }
  fail("bind to " + address, EADDRINUSE);
}

void Listener::listen() {
  if (::listen(socket_.descriptor(), 256) != 0) fail("listen", errno);
}

void Listener::stop_listening() {
  ::shutdown(socket_.descriptor(), SHUT_RDWR);
}

Listener::Accepted Listener::accept() {
  sockaddr_in peer{};
  socklen_t length = sizeof peer;
  Socket socket(::accept4(socket_.descriptor(), reinterpret_cast<sockaddr*>(&peer), &length, SOCK_CLOEXEC));
  if (!socket.is_open()) return {};
  const int on = 1;
  ::setsockopt(socket.descriptor(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return {std::move(socket), text_of(peer.sin_addr)};
}

void knock(const std::string& address, std::uint16_t port) {
  const Socket socket = new_socket();
  const sockaddr_in to = address_and_port(address, port);
  if (::connect(socket.descriptor(), reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0 && errno == EINPROGRESS) {
    pollfd waited{socket.descriptor(), POLLOUT, 0};
    ::poll(&waited, 1, 1000);
  }
}

std::string address_of_interface(const std::string& name) {
  in_addr literal{};
  if (::inet_pton(AF_INET, name.c_str(), &literal) == 1) return name;
  ifaddrs* list = nullptr;
  if (::getifaddrs(&list) != 0) fail("getifaddrs", errno);
  const std::unique_ptr<ifaddrs, void (*)(ifaddrs*)> owner(list, ::freeifaddrs);
  for (const ifaddrs* each = list; each != nullptr; each = each->ifa_next) {
    if (each->ifa_addr == nullptr || each->ifa_addr->sa_family != AF_INET || (each->ifa_flags & IFF_UP) == 0) continue;
    const bool wanted = name.empty() ? (each->ifa_flags & IFF_LOOPBACK) == 0 : name == each->ifa_name;
    if (wanted) return text_of(reinterpret_cast<const sockaddr_in*>(each->ifa_addr)->sin_addr);
  }
  throw UsageError({name.empty() ? "this host has no network interface besides loopback"
                                 : "this host has no network interface '" + name + "' with an IPv4 address",
                    "ranks on several hosts train over TCP", "name one of those that `ip -4 address` lists"});
}

}  // namespace proffer::boosting
