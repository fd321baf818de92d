// XGBoost's numbers for XGCommunicatorAllreduce, which changed with 2.1.
#pragma once

#include <xgboost/version_config.h>

namespace proffer::test {

#if XGBOOST_VER_MAJOR > 2 || (XGBOOST_VER_MAJOR == 2 && XGBOOST_VER_MINOR >= 1)
inline constexpr int as_double = 2;
#else
inline constexpr int as_double = 7;
#endif
inline constexpr int add_up = 2;

}  // namespace proffer::test
