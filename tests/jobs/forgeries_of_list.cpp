#include "forgeries.hpp"

namespace forged {

std::vector<Case> list_cases() {
  return {
      row("a value one cent higher", "value", 0,
          [](File& f, std::size_t i) { at<double>(f, "/decision/value", i) += 0.01; }),
      {"a value one cent higher, in list and scores", "value",
       [](Run& run) {
         const std::size_t pair = offered_pair(run);
         float value = 0;
         run.table(scores_path, [&](File& f) { value = at<float>(f, "/score/value", pair) += 0.01F; });
         run.table(list_path,
                   [&](File& f) { at<double>(f, "/decision/value", row_with(f, 0)) = static_cast<double>(value); });
       }},
      row("p_take one ulp higher", "p_take", 0,
          [](File& f, std::size_t i) {
            at<float>(f, "/decision/p_take", i) = next(at<float>(f, "/decision/p_take", i));
          }),
      row("p_default one ulp higher", "p_default", 0,
          [](File& f, std::size_t i) {
            at<float>(f, "/decision/p_default", i) = next(at<float>(f, "/decision/p_default", i));
          }),
      {"p_default one ulp higher, in list and scores", "p_default",
       [](Run& run) {
         const std::size_t pair = offered_pair(run);
         float pd = 0;
         run.table(scores_path, [&](File& f) {
           pd = at<float>(f, "/score/p_default", pair) = next(at<float>(f, "/score/p_default", pair));
         });
         run.table(list_path, [&](File& f) { at<float>(f, "/decision/p_default", row_with(f, 0)) = pd; });
       }},
      row("p_fraud of a declined borrower one ulp higher", "p_fraud", 2,
          [](File& f, std::size_t i) {
            at<float>(f, "/decision/p_fraud", i) = next(at<float>(f, "/decision/p_fraud", i));
          }),
      row("another rate than that of the offer", "apr", 0,
          [](File& f, std::size_t i) { at<float>(f, "/decision/apr", i) += 0.01F; }),
      row("another amount", "offered limit", 0,
          [](File& f, std::size_t i) { at<double>(f, "/decision/limit", i) += 1; }),
      row("another term", "term", 0, [](File& f, std::size_t i) { at<std::uint16_t>(f, "/decision/term", i) += 1; }),
      row("another channel", "channel", 0,
          [](File& f, std::size_t i) { at<std::uint8_t>(f, "/decision/channel", i) ^= 1; }),
      row("another product", "product", 0,
          [](File& f, std::size_t i) { at<std::uint8_t>(f, "/decision/product", i) ^= 1; }),
      row("an offer that is not in the catalog", "offer", 0,
          [](File& f, std::size_t i) { at<std::int32_t>(f, "/decision/offer", i) = 200; }),
      row("an offer to a borrower whom the policy declines", "not eligible", 2,
          [](File& f, std::size_t i) { copy_offer(f, row_with(f, 0), i); }),
      {"one contact more than the budget", "limit broken",
       [](Run& run) {
         run.table(list_path, [](File& f) {
           for (std::size_t n = 0; n < 3; ++n) copy_offer(f, row_with(f, 0), row_with(f, 1));
         });
       }},
      {"an offer taken back, in list and counts", "limit use",
       [](Run& run) {
         run.table(list_path, [](File& f) { copy_offer(f, row_with(f, 1), row_with(f, 0)); });
         run.object(certificate_path, [](json& c) {
           c["offered"] = c["offered"].get<int>() - 1;
           c["decisions"]["offered"] = c["offered"];
           c["decisions"]["eligible_not_selected"] = c["decisions"]["eligible_not_selected"].get<int>() + 1;
         });
       }},
      row("eligible made a policy decline", "decision", 1,
          [](File& f, std::size_t i) { at<std::uint8_t>(f, "/decision/code", i) = 2; }),
      row("a policy decline made eligible", "decision", 2,
          [](File& f, std::size_t i) { at<std::uint8_t>(f, "/decision/code", i) = 1; }),
      row("a model decline made a policy decline", "decision", 3,
          [](File& f, std::size_t i) { at<std::uint8_t>(f, "/decision/code", i) = 2; }),
      row("an offered borrower said to be eligible", "decision", 0,
          [](File& f, std::size_t i) { at<std::uint8_t>(f, "/decision/code", i) = 1; }),
      row("a reason on an offered borrower", "reasons", 0,
          [](File& f, std::size_t i) { at<std::uint16_t>(f, "/decision/reasons", 4 * i) = 2; }),
      row("a reason on an eligible borrower", "reasons", 1,
          [](File& f, std::size_t i) { at<std::uint16_t>(f, "/decision/reasons", 4 * i + 3) = 0; }),
      row("a decline without its reason", "reasons", 2,
          [](File& f, std::size_t i) { at<std::uint16_t>(f, "/decision/reasons", 4 * i) = 65535; }),
      row("a decline for another reason", "reasons", 2,
          [](File& f, std::size_t i) { at<std::uint16_t>(f, "/decision/reasons", 4 * i) ^= 1; }),
      row("another reduced value", "reduced value", 0,
          [](File& f, std::size_t i) { at<double>(f, "/decision/reduced_value", i) += 1e-6; }),
      row("another runner-up", "runner-up", 1,
          [](File& f, std::size_t i) { at<std::int32_t>(f, "/decision/runner_up", i) ^= 1; }),
      row("a runner-up worth more", "runner-up's reduced value", 1,
          [](File& f, std::size_t i) { at<double>(f, "/decision/runner_up_reduced_value", i) += 1e-6; }),
      {"a borrower missing", "borrower missing",
       [](Run& run) {
         run.table(list_path, [](File& f) {
           const std::size_t rows = f["/borrower/id"].rows();
           for (auto& [path, data] : f.datasets) {
             if (!data.texts.empty() || data.dims.empty() || data.dims[0] != rows) continue;
             data.bytes.resize(data.bytes.size() / rows * (rows - 1));
             data.dims[0] = rows - 1;
           }
         });
       }},
      row("a borrower twice, another not at all", "borrower listed twice", 2,
          [](File& f, std::size_t i) {
            at<std::uint64_t>(f, "/borrower/id", i) = at<std::uint64_t>(f, "/borrower/id", i + 1);
          }),
      row("somebody whom the book does not know", "borrower unknown", 1,
          [](File& f, std::size_t i) { at<std::uint64_t>(f, "/borrower/id", i) = 18'000'000'000'000'000'000U; }),
      row("two borrowers in another order", "order of borrowers", 1,
          [](File& f, std::size_t i) {
            std::swap(at<std::uint64_t>(f, "/borrower/id", i), at<std::uint64_t>(f, "/borrower/id", i + 1));
          }),
      {"two borrowers of one household", "borrower not to be decided",
       [](Run& run) {
         run.table(book_path, [&](File& book) {
           const std::size_t i = offered_row_of_book(run, book);
           at<std::uint64_t>(book, "/borrower/unit", i) = at<std::uint64_t>(book, "/borrower/unit", i == 0 ? 1 : i - 1);
         });
       }},
      {"not the latest row of a household", "borrower not to be decided",
       [](Run& run) {
         run.table(book_path, [](File& book) {
           const auto units = book["/borrower/unit"].as<std::uint64_t>();
           const auto ids = book["/borrower/id"].as<std::uint64_t>();
           std::map<std::uint64_t, std::size_t> first;
           for (std::size_t i = 0; i < units.size(); ++i) {
             const auto [other, is_new] = first.try_emplace(units[i], i);
             if (is_new) continue;
             const std::size_t not_decided = ids[other->second] < ids[i] ? i : other->second;
             at<std::int32_t>(book, "/borrower/as_of", not_decided) += 1;
             return;
           }
           throw std::logic_error("the run has no household of two");
         });
       }},
  };
}

}  // namespace forged
