#include "borrowers/synthetic.hpp"
#include "borrowers/synthetic_calendar.hpp"

namespace proffer::borrowers {
namespace {

using settings::Section;

std::int32_t read_date(const Section& section, std::string_view key, std::string_view doc, std::int64_t fallback) {
  const auto date = static_cast<std::int32_t>(
      section.integer(key, {.doc = doc, .fallback = fallback, .min = 19000101, .max = 29991231, .unit = "YYYYMMDD"}));
  if (!to_date(date).ok())
    throw section.error(key, std::string(key) + " is not a date", std::to_string(date), "write it as YYYYMMDD");
  return date;
}

std::uint64_t read_borrowers(const Section& section, std::int64_t fallback) {
  return static_cast<std::uint64_t>(
      section.integer("borrowers", {.doc = "rows of the book", .fallback = fallback, .min = 0, .max = 1'000'000'000}));
}

double share(const Section& section, std::string_view key, std::string_view doc, double fallback) {
  return section.number(key, {.doc = doc, .fallback = fallback, .min = 0, .max = 1});
}

/// A mean that an intercept is solved for: neither 0 nor 1 can be reached.
double rate(const Section& section, std::string_view key, std::string_view doc, double fallback) {
  return section.number(key, {.doc = doc, .fallback = fallback, .min = 0.0001, .max = 0.9});
}

OfferLevels read_levels(const Section& section, OfferLevels levels) {
  levels.share =
      share(section, "share", "of the randomised offers; both products' shares count against each other", levels.share);
  levels.phone_share =
      share(section, "phone_share", "of this product's randomised offers made by phone", levels.phone_share);
  const auto limits = section.numbers(
      "limits", {.doc = "limits offered (absent: those of the demo catalog and some between)", .min = 1, .max = 1e9});
  const auto aprs = section.numbers(
      "aprs", {.doc = "rates offered (absent: those of the demo catalog and some between)", .min = 0, .max = 10});
  const auto terms = section.integers(
      "terms", {.doc = "terms offered (absent: 24, 36, 48; card: 24)", .min = 1, .max = 600, .unit = "months"});
  if (!limits.empty()) levels.limits = limits;
  if (!aprs.empty()) levels.aprs = aprs;
  if (!terms.empty()) levels.terms = terms;
  return levels;
}

GenerateSettings::Training read_training(const Section& section) {
  GenerateSettings::Training read;
  read.borrowers = read_borrowers(section, 150'000);
  read.from = read_date(section, "from", "first month of the campaigns (its end is as_of)", 20230131);
  read.to = read_date(section, "to", "last month of the campaigns", 20240630);
  read.cut_off = read_date(section, "cut_off", "outcomes are known until this day", 20241231);
  if (month_of(read.from) > month_of(read.to))
    throw section.error("to", "to lies before from", "", "give the first month as from and the last as to");
  if (read.cut_off < month_end(month_of(read.to)))
    throw section.error("cut_off", "cut_off lies before the last campaign", "", "take a day after the month of `to`");
  read.randomised_share =
      share(section, "randomised_share", "of the borrowers got a randomised offer; the rest was priced by risk", 0.6);
  read.control_share = share(section, "control_share", "of the borrowers were not contacted", 0.05);
  read.surprise_share =
      share(section, "surprise_share", "of the offers were contracted at a lower rate than offered", 0.4);
  read.take_up = rate(section, "take_up", "mean take-up among the contacted", 0.12);
  read.default_rate = rate(section, "default_rate", "mean PD of those who took", 0.06);
  read.fraud_rate = rate(section, "fraud_rate", "mean fraud rate among the booked", 0.01);
  read.fraud_months = static_cast<int>(section.integer(
      "fraud_months", {.doc = "until fraud is known", .fallback = 3, .min = 0, .max = 60, .unit = "months"}));
  return read;
}

std::optional<GenerateSettings::Links> read_links(const Section& generate, double fraud_rate) {
  const Section section = generate.section(
      "links", "devices, phones and addresses that borrowers share, with fraud rings among them; absent: none");
  if (!section.present() && !section.for_reference()) return {};
  GenerateSettings::Links links;
  links.ring_share = share(section, "ring_share", "of the borrowers belong to fraud rings", 0.01);
  links.ring_members = section.number(
      "ring_members", {.doc = "of a ring in each book, on average", .fallback = 8, .min = 2, .max = 10000});
  links.ring_fraud = share(section, "ring_fraud", "of the booked members are frauds for being members", 0.3);
  if (links.ring_share * links.ring_fraud >= 0.9 * fraud_rate && !section.for_reference())
    throw section.error("ring_fraud", "rings make more frauds than there are",
                        "ring_share times ring_fraud is not well below training.fraud_rate", "lower one of them");
  return links;
}

std::optional<GenerateSettings::History> read_history(const Section& generate) {
  const Section section = generate.section(
      "history", "account histories of those who are customers already, and what they do next; absent: none");
  if (!section.present() && !section.for_reference()) return {};
  GenerateSettings::History history;
  history.months = static_cast<int>(section.integer(
      "months",
      {.doc = "horizon of attrited, repeated and delinquent", .fallback = 6, .min = 1, .max = 120, .unit = "months"}));
  history.attrition_rate = rate(section, "attrition_rate", "of the customers leave within it", 0.1);
  history.repeat_rate = rate(section, "repeat_rate", "of the customers borrow again within it", 0.15);
  history.delinquent_rate = rate(section, "delinquent_rate", "of the customers fall ninety days behind", 0.05);
  for (const char* key : {"attrition_rate", "repeat_rate"})
    if ((std::string_view(key) == "repeat_rate" ? history.repeat_rate : history.attrition_rate) +
            history.delinquent_rate >=
        0.9)
      throw section.error(key, std::string(key) + " and delinquent_rate leave nobody over",
                          "who falls behind neither leaves nor borrows again", "lower one of them");
  return history;
}

}  // namespace

GenerateSettings read_generate(const Section& section) {
  GenerateSettings read;
  read.currency = section.text("currency", {.doc = "of all amounts", .fallback = "EUR"});
  read.rho = section.number("rho", {.doc = "correlation of the unobserved causes of take-up and default",
                                    .fallback = 0.3,
                                    .min = -0.95,
                                    .max = 0.95});
  read.default_months = static_cast<int>(section.integer(
      "default_months",
      {.doc = "horizon of the default outcome", .fallback = 12, .min = 1, .max = 120, .unit = "months"}));
  read.drift = section.number(
      "drift",
      {.doc = "strength of the drift of features and base rates by month", .fallback = 1, .min = 0, .max = 10});
  read.hidden = section.number(
      "hidden", {.doc = "how often values are missing from the book, against public data; 0: never, so that what moves "
                        "take-up and default is all seen and `rho` is what a model can find",
                 .fallback = 1,
                 .min = 0,
                 .max = 1.5});
  read.phone_effect = section.number(
      "phone_effect",
      {.doc = "what an offer by phone adds to the index of take-up of those aged 48 (0.35 less below 35)",
       .fallback = 0.28,
       .min = -2,
       .max = 2});
  read.cash_out = section.number(
      "cash_out", {.doc = "what the pattern of a cash-out (new customer, many enquiries, at the limit) adds to the "
                          "index of fraud",
                   .fallback = 0.4,
                   .min = 0,
                   .max = 4});
  const Section offers = section.section("offers", "terms offered in past campaigns");
  read.loan =
      read_levels(offers.section("personal_loan", "amortising loans"), {.share = 0.65,
                                                                        .phone_share = 0.3,
                                                                        .limits = {2000, 3500, 5000, 7500, 10000},
                                                                        .aprs = {0.079, 0.099, 0.129, 0.159, 0.189},
                                                                        .terms = {24, 36, 48}});
  read.card = read_levels(
      offers.section("card", "revolving cards"),
      {.share = 0.35, .phone_share = 0, .limits = {1500, 2500, 4000}, .aprs = {0.169, 0.199, 0.229}, .terms = {24}});
  if (!(read.loan.share + read.card.share > 0))
    throw offers.error("", "no product is offered", "both shares are 0", "give one of them a share");
  read.training = read_training(section.section("training", "the training book: past campaigns and their outcomes"));
  const Section population = section.section("population", "the population book: borrowers to decide on");
  read.population.borrowers = read_borrowers(population, 100'000);
  read.population.as_of = read_date(population, "as_of", "date of the features", 20241231);
  read.population.truth = population.flag(
      "truth", {.doc = "write /truth, 64 bytes a row, which only evaluation of the lender reads", .fallback = true});
  read.history = read_history(section);
  read.links = read_links(section, read.training.fraud_rate);
  if (month_of(read.population.as_of) < month_of(read.training.from))
    throw population.error("as_of", "as_of lies before the first campaign", "drift is counted from there",
                           "take a day in or after the month of training.from");
  return read;
}

}  // namespace proffer::borrowers
