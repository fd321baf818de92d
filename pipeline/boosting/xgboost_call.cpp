#include "boosting/xgboost_call.hpp"

#include <xgboost/c_api.h>

#include "foundation/error.hpp"

namespace proffer::boosting {

void call(int result, const char* function) {
  if (result == 0) return;
  std::string why = XGBGetLastError();
  if (const auto trace = why.find("\nStack trace"); trace != std::string::npos) why.resize(trace);
  while (!why.empty() && (why.back() == '\n' || why.back() == ' ')) why.pop_back();
  throw SystemError({std::string("XGBoost's ") + function + " failed", why, ""});
}

void silence_xgboost() {
  call(XGBSetGlobalConfig(R"({"verbosity": 0})"), "XGBSetGlobalConfig");
  call(XGBRegisterLogCallback([](const char*) {}), "XGBRegisterLogCallback");
}

}  // namespace proffer::boosting
