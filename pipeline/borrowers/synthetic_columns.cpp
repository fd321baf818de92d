// Names, kinds, roles and labels of the columns of synthetic books.
#include "borrowers/synthetic.hpp"
#include "borrowers/synthetic_history.hpp"
#include "borrowers/synthetic_links.hpp"
#include "borrowers/synthetic_people.hpp"
#include "foundation/error.hpp"

namespace proffer::borrowers {

std::vector<Column> synthetic_columns() {
  std::vector<Column> columns;
  const auto numeric = [&](const char* name) { columns.emplace_back().name = name; };
  for (const Fitted& fitted : fitted_marginals()) numeric(fitted.name);
  for (const char* name :
       {"tenure_months", "employment_months", "address_months", "enquiries_6m", "income_volatility", "device_age_days",
        "email_age_days", "applications_same_device", "ip_distance_km", "form_seconds"})
    numeric(name);
  const auto categorical = [&](const char* name, Role role, std::vector<std::string> labels) {
    columns.push_back({.name = name, .kind = Kind::categorical, .role = role, .dictionary = std::move(labels)});
  };
  columns[latent::education].kind = Kind::categorical;
  columns[latent::education].dictionary = {"primary", "secondary", "tertiary"};
  categorical("employment", Role::feature,
              {"blue-collar", "management", "technician", "admin", "services", "retired", "self-employed",
               "entrepreneur", "unemployed", "housemaid", "student"});
  categorical("region", Role::feature, {"north", "south", "east", "west", "centre", "coast"});
  categorical("city_tier", Role::feature, {"metropolis", "city", "town", "rural"});
  categorical("sex", Role::monitor_only, {"male", "female"});
  categorical("marital_status", Role::monitor_only, {"married", "single", "divorced"});
  for (const char* name : {"hour_of_application", "phone_verified", "salary_increase", "moved_home", "overdraft_30d",
                           "job_change", "large_withdrawal"})
    numeric(name);
  expects(columns.size() == column::size, "a name for each column");
  return columns;
}

Schema synthetic_schema(const GenerateSettings& settings) {
  std::vector<Column> columns = synthetic_columns();
  if (settings.history) {
    const std::vector<Column> past = history_columns();
    columns.insert(columns.end(), past.begin(), past.end());
  }
  return {.columns = std::move(columns),
          .products = {"personal_loan", "card"},
          .channels = {"mail", "phone"},
          .currency = settings.currency,
          .default_months = settings.default_months,
          .customer_months = settings.history ? settings.history->months : 0,
          .links = settings.links ? synthetic_links() : std::vector<std::string>{}};
}

}  // namespace proffer::borrowers
