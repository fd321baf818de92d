#include "boosting/communicator/rabit_tracker.hpp"

#include <poll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <deque>
#include <optional>
#include <utility>

#include "foundation/error.hpp"

namespace proffer::boosting {
namespace {

constexpr std::int32_t magic = 0xff99;
constexpr std::size_t longest_text = 256;
constexpr std::size_t most_strangers = 64;  // connections that have not yet said who they are
constexpr int most_attempts = 5;            // of a worker to connect to its neighbours

/// What a connection has said so far. It may be anybody's bytes.
class Greeting {
 public:
  Greeting(Socket socket, std::string address) : socket_(std::move(socket)), address_(std::move(address)) {}
  enum class State { listening, done, dropped };

  /// Takes what has arrived. Never waits.
  State read(Deadline deadline) {
    std::array<std::byte, 512> bytes;
    const auto got = socket_.receive_waiting(bytes);
    if (got < 0) return State::dropped;
    heard_.insert(heard_.end(), bytes.begin(), bytes.begin() + got);
    return parse(deadline);
  }
  [[nodiscard]] int descriptor() const { return socket_.descriptor(); }

  std::string task;
  std::string command;
  [[nodiscard]] Socket take_socket() { return std::move(socket_); }
  [[nodiscard]] const std::string& address() const { return address_; }

 private:
  State parse(Deadline deadline) {
    std::size_t at = 0;
    const auto number = integer(at);
    if (!number) return State::listening;
    if (*number != magic) return State::dropped;
    if (!answered_) socket_.send_int(magic, deadline);
    answered_ = true;
    const auto rank = integer(at);
    const auto workers = integer(at);
    if (!rank || !workers) return State::listening;
    for (std::string* text : {&task, &command}) {
      const auto length = integer(at);
      if (!length) return State::listening;
      if (*length < 0 || static_cast<std::size_t>(*length) > longest_text) return State::dropped;
      if (heard_.size() - at < static_cast<std::size_t>(*length)) return State::listening;
      text->assign(reinterpret_cast<const char*>(heard_.data()) + at, static_cast<std::size_t>(*length));
      at += static_cast<std::size_t>(*length);
    }
    // A worker waits for an answer after its command; whoever says more is none.
    return at == heard_.size() ? State::done : State::dropped;
  }

  std::optional<std::int32_t> integer(std::size_t& at) const {
    std::int32_t value = 0;
    if (heard_.size() - at < sizeof value) return {};
    std::memcpy(&value, heard_.data() + at, sizeof value);
    at += sizeof value;
    return value;
  }

  Socket socket_;
  std::string address_;
  std::vector<std::byte> heard_;
  bool answered_ = false;
};

/// The rank whose task id this is, or −1.
std::int32_t rank_of(const std::string& task, const std::string& token, std::int32_t workers) {
  for (std::int32_t rank = 0; rank < workers; ++rank)
    if (task == task_id(token, rank)) return rank;
  return -1;
}

void insert_sorted(std::vector<std::int32_t>& ranks, std::int32_t rank) {
  const auto at = std::lower_bound(ranks.begin(), ranks.end(), rank);
  if (at == ranks.end() || *at != rank) ranks.insert(at, rank);
}

}  // namespace

std::string task_id(const std::string& token, int rank) {
  return token + "-" + std::to_string(rank);
}

Links links_of(std::int32_t rank, std::int32_t workers) {
  Links links;
  if (rank > 0) links.parent = (rank - 1) / 2;
  if (rank > 0) insert_sorted(links.tree, links.parent);
  for (const std::int32_t child : {2 * rank + 1, 2 * rank + 2})
    if (child < workers) insert_sorted(links.tree, child);
  links.all = links.tree;
  if (workers > 1) {
    links.previous = (rank + workers - 1) % workers;
    links.next = (rank + 1) % workers;
    insert_sorted(links.all, links.previous);
    insert_sorted(links.all, links.next);
  }
  return links;
}

RabitTracker::RabitTracker(const std::string& address, int workers, std::string token)
    : listener_(address), workers_(workers), token_(std::move(token)) {
  listener_.listen();
}

void RabitTracker::admit(const std::string& command, std::vector<Worker>& workers, Deadline deadline) {
  std::deque<Greeting> strangers;
  std::int32_t missing = workers_;
  while (missing > 0) {
    std::vector<pollfd> waited{{listener_.descriptor(), POLLIN, 0}};
    for (const Greeting& stranger : strangers) waited.push_back({stranger.descriptor(), POLLIN, 0});
    const int ready = ::poll(waited.data(), waited.size(), milliseconds_until(deadline));
    if (ready == 0)
      throw SystemError({std::to_string(missing) + " of " + std::to_string(workers_) +
                             " ranks did not join training's network in time",
                         "tracker at " + address() + ":" + std::to_string(port()),
                         "check that every host reaches this address, or raise the timeout"});
    if (ready < 0 && errno != EINTR) throw SystemError({"training's network failed", std::strerror(errno), ""});
    if (ready < 0) continue;

    std::deque<Greeting> still;
    for (std::size_t i = 0; i < strangers.size(); ++i) {
      Greeting& stranger = strangers[i];
      auto state = Greeting::State::listening;
      if (waited[i + 1].revents != 0) {
        try {
          state = stranger.read(deadline);
        } catch (const SystemError&) {  // it went away while being answered
          state = Greeting::State::dropped;
        }
      }
      if (state == Greeting::State::listening) still.push_back(std::move(stranger));
      if (state != Greeting::State::done || stranger.command != command) continue;
      const std::int32_t rank = rank_of(stranger.task, token_, workers_);
      if (rank < 0 || workers[static_cast<std::size_t>(rank)].socket.is_open()) continue;
      workers[static_cast<std::size_t>(rank)].address = stranger.address();
      workers[static_cast<std::size_t>(rank)].socket = stranger.take_socket();
      --missing;
    }
    strangers = std::move(still);
    if ((waited[0].revents & POLLIN) != 0) {
      auto accepted = listener_.accept();
      if (accepted.socket.is_open()) strangers.emplace_back(std::move(accepted.socket), std::move(accepted.address));
      if (strangers.size() > most_strangers) strangers.pop_front();
    }
  }
}

void RabitTracker::link(std::vector<Worker>& workers, std::int32_t rank, Deadline deadline) const {
  Worker& worker = workers[static_cast<std::size_t>(rank)];
  const Socket& socket = worker.socket;
  const Links links = links_of(rank, workers_);
  socket.send_int(rank, deadline);
  socket.send_int(links.parent, deadline);
  socket.send_int(workers_, deadline);
  socket.send_int(static_cast<std::int32_t>(links.tree.size()), deadline);
  for (const std::int32_t neighbour : links.tree) socket.send_int(neighbour, deadline);
  socket.send_int(links.previous, deadline);
  socket.send_int(links.next, deadline);

  for (int attempt = 0; attempt < most_attempts; ++attempt) {
    std::vector<std::int32_t> wanted = links.all;
    const std::int32_t have = socket.receive_int(deadline);
    for (std::int32_t i = 0; i < have; ++i) std::erase(wanted, socket.receive_int(deadline));
    // Ranks are linked in ascending order: the lower ones already accept, the higher ones will connect to this one.
    const auto above = std::upper_bound(wanted.begin(), wanted.end(), rank);
    worker.to_accept = static_cast<std::int32_t>(wanted.end() - above);
    socket.send_int(static_cast<std::int32_t>(above - wanted.begin()), deadline);
    socket.send_int(worker.to_accept, deadline);
    for (auto lower = wanted.begin(); lower != above; ++lower) {
      const Worker& to = workers[static_cast<std::size_t>(*lower)];
      socket.send_text(to.address, deadline);
      socket.send_int(to.port, deadline);
      socket.send_int(*lower, deadline);
    }
    if (socket.receive_int(deadline) != 0) continue;  // so many connections failed
    worker.port = static_cast<std::uint16_t>(socket.receive_int(deadline));
    for (auto lower = wanted.begin(); lower != above; ++lower) --workers[static_cast<std::size_t>(*lower)].to_accept;
    return;
  }
  throw SystemError({"rank " + std::to_string(rank) + " could not connect to the other ranks",
                     "training links ranks over TCP, each on a port of its own choice",
                     "check the firewall between the hosts"});
}

void RabitTracker::gather(Deadline deadline) {
  std::vector<Worker> workers(static_cast<std::size_t>(workers_));
  try {
    admit("start", workers, deadline);
    listener_.stop_listening();
    for (std::int32_t rank = 0; rank < workers_; ++rank) link(workers, rank, deadline);
  } catch (...) {
    listener_.stop_listening();
    // XGBoost waits without end for links that will not come: an empty connection makes it give up.
    for (const Worker& worker : workers)
      for (std::int32_t i = 0; i < worker.to_accept && worker.port != 0; ++i) knock(worker.address, worker.port);
    throw;
  }
}

void RabitTracker::see_off(Deadline deadline) {
  std::vector<Worker> workers(static_cast<std::size_t>(workers_));
  admit("shutdown", workers, deadline);
  listener_.stop_listening();
}

}  // namespace proffer::boosting
