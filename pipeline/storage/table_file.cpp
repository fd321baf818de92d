#include "storage/table_file.hpp"

#include <stdexcept>

namespace proffer::storage {

std::size_t size_of(Type type) {
  switch (type) {
    case Type::u8:
      return 1;
    case Type::u16:
      return 2;
    case Type::u32:
    case Type::i32:
    case Type::f32:
      return 4;
    case Type::u64:
    case Type::i64:
    case Type::f64:
      return 8;
  }
  throw std::logic_error("unknown dataset type");
}

std::string_view name_of(Type type) {
  switch (type) {
    case Type::u8:
      return "u8";
    case Type::u16:
      return "u16";
    case Type::u32:
      return "u32";
    case Type::u64:
      return "u64";
    case Type::i32:
      return "i32";
    case Type::i64:
      return "i64";
    case Type::f32:
      return "f32";
    case Type::f64:
      return "f64";
  }
  throw std::logic_error("unknown dataset type");
}

std::uint64_t Shape::width() const {
  std::uint64_t elements = 1;
  for (std::size_t axis = 1; axis < dims.size(); ++axis) elements *= dims[axis];
  return elements;
}

}  // namespace proffer::storage
