#include "boosting/grow_tree.hpp"

#include <xgboost/c_api.h>
#include <xgboost/version_config.h>

#include <string>
#include <utility>

#include "boosting/array_interface.hpp"
#include "boosting/xgboost_call.hpp"
#include "boosting/xgboost_json.hpp"
#include "foundation/error.hpp"
#include "foundation/text.hpp"

namespace proffer::boosting {
namespace {

class Booster {
 public:
  explicit Booster(DMatrixHandle matrix) { call(XGBoosterCreate(&matrix, 1, &handle_), "XGBoosterCreate"); }
  ~Booster() { XGBoosterFree(handle_); }
  Booster(const Booster&) = delete;
  Booster& operator=(const Booster&) = delete;

  void set(const char* name, const std::string& value) {
    call(XGBoosterSetParam(handle_, name, value.c_str()), "XGBoosterSetParam");
  }

  void boost(DMatrixHandle matrix, const Derivatives& derivatives) {
#if XGBOOST_VER_MAJOR > 2 || (XGBOOST_VER_MAJOR == 2 && XGBOOST_VER_MINOR >= 1)
    call(XGBoosterTrainOneIter(handle_, matrix, 0,
                               array_interface(derivatives.gradient.data(), derivatives.gradient.size()).c_str(),
                               array_interface(derivatives.curvature.data(), derivatives.curvature.size()).c_str()),
         "XGBoosterTrainOneIter");
#else
    // The old call takes pointers to values that it only reads.
    call(XGBoosterBoostOneIter(handle_, matrix, const_cast<float*>(derivatives.gradient.data()),
                               const_cast<float*>(derivatives.curvature.data()), derivatives.gradient.size()),
         "XGBoosterBoostOneIter");
#endif
  }

  [[nodiscard]] std::string json() const {
    bst_ulong size = 0;
    const char* text = nullptr;
    call(XGBoosterSaveModelToBuffer(handle_, R"({"format": "json"})", &size, &text), "XGBoosterSaveModelToBuffer");
    return {text, size};
  }

 private:
  BoosterHandle handle_ = nullptr;
};

std::string as_list(const std::vector<int>& monotone) {
  std::string text = "(";
  for (const int sign : monotone) text += std::to_string(sign) + ",";
  text.back() = ')';
  return text;
}

void configure(Booster& booster, const TrainOptions& options, double eta) {
  booster.set("booster", "gbtree");
  booster.set("tree_method", "hist");
  booster.set("objective", "reg:squarederror");  // unused: derivatives are ours
  booster.set("base_score", "0");
  booster.set("disable_default_eval_metric", "1");
  booster.set("max_bin", "256");
  booster.set("max_depth", std::to_string(options.max_depth));
  booster.set("eta", shortest(eta));
  booster.set("lambda", shortest(options.lambda));
  booster.set("gamma", shortest(options.gamma));
  booster.set("min_child_weight", shortest(options.min_child_weight));
  if (!options.monotone.empty()) booster.set("monotone_constraints", as_list(options.monotone));
  booster.set("nthread", std::to_string(options.threads));
}

}  // namespace

Tree grow_tree(const TrainingData& data, const TrainOptions& options, double eta, const Derivatives& derivatives) {
  expects(derivatives.gradient.size() == data.matrix_rows(), "one pair of derivatives per row of the matrix");
  Booster booster(data.matrix());
  configure(booster, options, eta);
  booster.boost(data.matrix(), derivatives);
  auto trees = trees_of_xgboost_json(booster.json());
  expects(trees.size() == 1, "one tree per round");
  return std::move(trees.front());
}

}  // namespace proffer::boosting
