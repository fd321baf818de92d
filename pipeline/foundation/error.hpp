// Errors in the form "problem (why): suggestion", each with the exit code of the contract.
#pragma once

#include <exception>
#include <string>

namespace proffer {

/// Exit codes of every job (docs/formats.md, "Exit codes").
enum class ExitCode : int {
  done = 0,
  bad_usage = 2,
  bad_data = 3,
  infeasible = 4,
  system_failure = 5,
  alerts_raised = 6,
  difference_found = 7,
  stopped_at_checkpoint = 75,
};

/// The three parts of a message a person reads. `why` and `suggestion` may be empty.
struct Message {
  std::string problem;
  std::string why;
  std::string suggestion;

  /// "problem (why): suggestion", without the parts that are empty.
  [[nodiscard]] std::string text() const;
};

/// Base of everything proffer throws on purpose.
class Error : public std::exception {
 public:
  Error(ExitCode code, Message message);
  [[nodiscard]] ExitCode code() const { return code_; }
  [[nodiscard]] const Message& message() const { return message_; }
  [[nodiscard]] const char* what() const noexcept override { return text_.c_str(); }

 private:
  ExitCode code_;
  Message message_;
  std::string text_;
};

/// Bad command line or configuration: exit 2.
class UsageError : public Error {
 public:
  explicit UsageError(Message message) : Error(ExitCode::bad_usage, std::move(message)) {}
};

/// Bad input data: exit 3.
class DataError : public Error {
 public:
  explicit DataError(Message message) : Error(ExitCode::bad_data, std::move(message)) {}
};

/// No feasible answer: exit 4.
class InfeasibleError : public Error {
 public:
  explicit InfeasibleError(Message message) : Error(ExitCode::infeasible, std::move(message)) {}
};

/// I/O, MPI, memory, operating system: exit 5.
class SystemError : public Error {
 public:
  explicit SystemError(Message message) : Error(ExitCode::system_failure, std::move(message)) {}
};

/// A broken promise between parts of the program, never the user's fault: throws std::logic_error.
void expects(bool holds, const char* what);

}  // namespace proffer
