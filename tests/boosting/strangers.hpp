// Connections of somebody who does not belong to the job.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace proffer::test {

/// A connection to a port of this host that says something and then stays open in silence.
class Stranger {
 public:
  Stranger(std::uint16_t port, const std::string& says) : descriptor_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(descriptor_, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0;
    if (connected_) (void)::send(descriptor_, says.data(), says.size(), MSG_NOSIGNAL);
  }
  ~Stranger() { ::close(descriptor_); }
  Stranger(const Stranger&) = delete;
  Stranger& operator=(const Stranger&) = delete;
  [[nodiscard]] bool connected() const { return connected_; }

 private:
  int descriptor_;
  bool connected_ = false;
};

/// What rabit's protocol sends, with a task id and a command of the stranger's choice.
inline std::string rabit_greeting(const std::string& task, const std::string& command) {
  std::string bytes;
  const auto number = [&](std::int32_t value) { bytes.append(reinterpret_cast<const char*>(&value), sizeof value); };
  number(0xff99);
  number(-1);
  number(-1);
  number(static_cast<std::int32_t>(task.size()));
  bytes += task;
  number(static_cast<std::int32_t>(command.size()));
  return bytes + command;
}

inline std::vector<std::string> rude_words() {
  return {"",
          "GET / HTTP/1.1\r\n\r\n",
          std::string(100'000, '\xff'),
          std::string(8, '\0'),
          rabit_greeting("guess-0", "start"),
          rabit_greeting("NULL", "shutdown"),
          rabit_greeting("0", "print"),
          rabit_greeting("", "recover").substr(0, 15)};
}

/// TCP ports on which this process listens, from /proc (Linux).
inline std::set<std::uint16_t> listening_ports() {
  std::set<std::string> inodes;
  std::error_code gone;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    const std::string target = std::filesystem::read_symlink(entry, gone).string();
    if (target.starts_with("socket:[")) inodes.insert(target.substr(8, target.size() - 9));
  }
  std::set<std::uint16_t> ports;
  std::ifstream table("/proc/net/tcp");
  std::string line;
  std::getline(table, line);
  while (std::getline(table, line)) {
    std::istringstream words(line);
    std::string number, local, remote, state, queues, timer, retransmit, user, timeout, inode;
    words >> number >> local >> remote >> state >> queues >> timer >> retransmit >> user >> timeout >> inode;
    if (state == "0A" && inodes.contains(inode))
      ports.insert(static_cast<std::uint16_t>(std::stoi(local.substr(local.find(':') + 1), nullptr, 16)));
  }
  return ports;
}

}  // namespace proffer::test
