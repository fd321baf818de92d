// Calls of XGBoost's C API, each checked.
#pragma once

#include <string>

namespace proffer::boosting {

/// Throws SystemError with XGBoost's own words (without its stack trace) where `result` is not 0.
void call(int result, const char* function);

/// XGBoost prints to the console, task ids included, unless told otherwise; from now on this thread's calls are silent.
void silence_xgboost();

}  // namespace proffer::boosting
