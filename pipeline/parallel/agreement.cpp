#include "parallel/agreement.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <new>
#include <utility>

#include "parallel/collectives.hpp"

namespace proffer::parallel {
namespace {

struct Failure {
  ExitCode code = ExitCode::system_failure;
  Message message;
};

Failure describe(const std::exception_ptr& error, const Communicator& comm) {
  const std::string where = fmt::format("on rank {} of {}", comm.rank(), comm.size());
  try {
    std::rethrow_exception(error);
  } catch (const Error& known) {
    return {known.code(), known.message()};
  } catch (const std::bad_alloc&) {
    return {ExitCode::system_failure,
            {"out of memory", where, "give the job more memory, more hosts or smaller batches"}};
  } catch (const std::exception& other) {
    return {ExitCode::system_failure,
            {"internal error", fmt::format("{}, {}", other.what(), where), "please report it with the log"}};
  } catch (...) {
    return {ExitCode::system_failure, {"internal error", "unknown exception, " + where, "please report it"}};
  }
}

}  // namespace

void agree(const Communicator& comm, const std::exception_ptr& error) {
  std::int64_t first = error ? comm.rank() : comm.size();
  all_reduce_min(comm, std::span(&first, 1));
  if (first == comm.size()) return;
  const int root = static_cast<int>(first);
  Failure failure;
  if (comm.rank() == root) failure = describe(error, comm);
  auto code = static_cast<std::int32_t>(failure.code);
  broadcast(comm, std::span(&code, 1), root);
  Message message;
  message.problem = broadcast(comm, std::move(failure.message.problem), root);
  message.why = broadcast(comm, std::move(failure.message.why), root);
  message.suggestion = broadcast(comm, std::move(failure.message.suggestion), root);
  throw AgreedError(static_cast<ExitCode>(code), std::move(message));
}

void together(const Communicator& comm, const std::function<void()>& work) {
  std::exception_ptr error;
  try {
    work();
  } catch (...) {
    error = std::current_exception();
  }
  agree(comm, error);
}

void on_root(const Communicator& comm, const std::function<void()>& work) {
  together(comm, [&] {
    if (comm.is_root()) work();
  });
}

}  // namespace proffer::parallel
