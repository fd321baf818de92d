#include "foundation/error.hpp"

#include <stdexcept>
#include <utility>

namespace proffer {

std::string Message::text() const {
  std::string text = problem;
  if (!why.empty()) text += " (" + why + ")";
  if (!suggestion.empty()) text += ": " + suggestion;
  return text;
}

Error::Error(ExitCode code, Message message) : code_(code), message_(std::move(message)), text_(message_.text()) {}

void expects(bool holds, const char* what) {
  if (!holds) throw std::logic_error(what);
}

}  // namespace proffer
