// Ranks agree on errors before the next collective, so that one bad row on one rank ends the job everywhere.
#pragma once

#include <exception>
#include <functional>
#include <string>

#include "foundation/error.hpp"
#include "parallel/communicator.hpp"

namespace proffer::parallel {

/// An error that every rank of the communicator throws together. `code` and `message` are those of the lowest rank
/// that failed.
class AgreedError : public Error {
 public:
  AgreedError(ExitCode code, Message message) : Error(code, std::move(message)) {}
};

/// Collective. Runs `work` on every rank (it must hold no collective that another rank might miss by failing), then
/// agrees: where any rank threw, every rank throws AgreedError with the lowest failing rank's message.
/// std::bad_alloc becomes a SystemError, other std::exceptions an internal error (exit 5).
void together(const Communicator& comm, const std::function<void()>& work);

/// Collective. The same for an error already caught (nullptr: this rank is well).
void agree(const Communicator& comm, const std::exception_ptr& error);

/// Collective. Runs `work` on the root alone and agrees.
void on_root(const Communicator& comm, const std::function<void()>& work);

}  // namespace proffer::parallel
