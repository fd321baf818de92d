// HDF5 identifiers that close themselves, and HDF5's error stack as text. Internal to storage/.
#pragma once

#include <hdf5.h>

#include <stdexcept>
#include <string>
#include <utility>

namespace proffer::storage::hdf5 {

/// An HDF5 call that failed, with HDF5's own account of it. Readers and writers turn it into an error that names the
/// file (DataError, SystemError).
class Failure : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Owns one HDF5 identifier.
class Handle {
 public:
  using Close = herr_t (*)(hid_t);
  Handle() = default;
  Handle(hid_t id, Close closer) : id_(id), close_(closer) {}
  Handle(Handle&& other) noexcept : id_(std::exchange(other.id_, H5I_INVALID_HID)), close_(other.close_) {}
  Handle& operator=(Handle&& other) noexcept {
    std::swap(id_, other.id_);
    std::swap(close_, other.close_);
    return *this;
  }
  ~Handle() {
    if (id_ >= 0) close_(id_);
  }
  [[nodiscard]] hid_t get() const { return id_; }
  [[nodiscard]] explicit operator bool() const { return id_ >= 0; }
  /// Closes now and says whether that worked (HDF5 writes at close). Throws Failure.
  void close(const char* what);
  /// Gives the identifier up without closing it.
  hid_t release() { return std::exchange(id_, H5I_INVALID_HID); }

 private:
  hid_t id_ = H5I_INVALID_HID;
  Close close_ = nullptr;
};

/// Stops HDF5 from printing its error stack by itself. Idempotent; called before the first use of every file.
void quiet();

/// HDF5's account of its last failure, innermost cause first, on one line.
[[nodiscard]] std::string error_text();

/// Throws Failure where an HDF5 call returned a negative number.
template <class Result>
Result check(Result result, const char* what) {
  if (result < 0) throw Failure(std::string(what) + ": " + error_text());
  return result;
}

[[nodiscard]] inline Handle owned(hid_t id, Handle::Close close, const char* what) {
  return {check(id, what), close};
}

}  // namespace proffer::storage::hdf5
