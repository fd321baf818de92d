#include "boosting/array_interface.hpp"

#include <nlohmann/json.hpp>

namespace proffer::boosting {
namespace {
std::string describe(const void* values, const char* type, std::size_t rows, std::size_t columns) {
  return nlohmann::json{{"data", {reinterpret_cast<std::uintptr_t>(values), true}},
                        {"shape", {rows, columns}},
                        {"typestr", type},
                        {"version", 3}}
      .dump();
}
}  // namespace

std::string array_interface(const std::uint8_t* values, std::size_t rows, std::size_t columns) {
  return describe(values, "|u1", rows, columns);
}

std::string array_interface(const float* values, std::size_t rows) {
  return describe(values, "<f4", rows, 1);
}

}  // namespace proffer::boosting
