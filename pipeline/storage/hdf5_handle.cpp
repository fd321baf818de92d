#include "storage/hdf5_handle.hpp"

#include <algorithm>
#include <vector>

namespace proffer::storage::hdf5 {
namespace {

// Called by H5Ewalk2 for each entry of the stack.
herr_t collect(unsigned, const H5E_error2_t* entry, void* into) {
  auto& texts = *static_cast<std::vector<std::string>*>(into);
  std::string text = entry->desc ? entry->desc : "";
  std::replace(text.begin(), text.end(), '\n', ' ');
  while (!text.empty() && text.back() == ' ') text.pop_back();
  if (!text.empty()) texts.push_back(std::move(text));
  return 0;
}

}  // namespace

void Handle::close(const char* what) {
  const hid_t id = release();
  if (id >= 0) check(close_(id), what);
}

void quiet() {
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
}

std::string error_text() {
  // The two innermost entries say what happened; the rest only says who called whom.
  constexpr std::size_t told = 2;
  std::vector<std::string> texts;
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, collect, &texts);
  H5Eclear2(H5E_DEFAULT);
  std::string all;
  for (std::size_t i = 0; i < std::min(told, texts.size()); ++i) all += (i ? "; " : "") + texts[i];
  return all.empty() ? "HDF5 gives no reason" : all;
}

}  // namespace proffer::storage::hdf5
