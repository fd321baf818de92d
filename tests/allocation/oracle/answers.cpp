// allocation_answers PROBLEMS.json ANSWERS.json [NODES]: solves every problem of a list, rows dealt out over the ranks.
#include <chrono>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>

#include "allocation/solver.hpp"
#include "parallel/collectives.hpp"
#include "parallel/communicator.hpp"
#include "parallel/partition.hpp"

namespace {
using nlohmann::json;
using namespace proffer;
using namespace proffer::allocation;

std::vector<double> rows_of(const json& numbers, std::size_t width, const parallel::RowRange& part) {
  const auto all = numbers.get<std::vector<double>>();
  return {all.begin() + static_cast<std::ptrdiff_t>(part.begin * width),
          all.begin() + static_cast<std::ptrdiff_t>(part.end * width)};
}

json answer(const parallel::Communicator& comm, const json& problem, const Options& options) {
  const auto rows = problem.at("rows").get<std::size_t>(), offers = problem.at("offers").get<std::size_t>();
  const auto part = parallel::part_of(rows, comm.rank(), comm.size());
  MemorySource source;
  source.offer_count = offers;
  for (std::uint64_t i = part.begin; i < part.end; ++i) source.id.push_back(1000 + i);
  source.value = rows_of(problem.at("value"), offers, part);
  for (double e : rows_of(problem.at("eligible"), offers, part)) source.eligible.push_back(e != 0);
  Rules rules;
  rules.choose = problem.at("exactly_one").get<bool>() ? Choose::exactly_one : Choose::at_most_one;
  for (const json& limit : problem.at("limits")) {
    source.quantity.push_back(rows_of(limit.at("use"), offers, part));
    rules.limits.push_back({"limit " + std::to_string(rules.limits.size()),
                            static_cast<Sense>(limit.at("sense").get<int>()),
                            limit.at("bound").get<double>(),
                            limit.at("tolerance").get<double>(),
                            rules.limits.size(),
                            {}});
  }
  const auto start = std::chrono::steady_clock::now();
  const Solution solution = solve(comm, source, rules, options);
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  const Certificate& certificate = solution.certificate;
  json result = {{"status", to_string(certificate.status)},
                 {"value", certificate.value},
                 {"bound", certificate.bound},
                 {"relaxed_bound", certificate.relaxed_bound},
                 {"conflict", certificate.conflict},
                 {"nodes", certificate.search_nodes},
                 {"passes", certificate.passes},
                 {"seconds", seconds.count()},
                 {"choice", parallel::gather(comm, std::span<const std::int32_t>(solution.choice))}};
  for (const LimitReport& limit : certificate.limits)
    result["limits"].push_back({{"use", limit.use}, {"holds", limit.holds}, {"shadow_price", limit.shadow_price}});
  return result;
}

}  // namespace

int main(int argc, char** argv) {
  parallel::Session session(argc, argv);
  if (argc < 3) {
    std::cerr << "usage: allocation_answers PROBLEMS.json ANSWERS.json [NODES]\n";
    return 2;
  }
  const parallel::Communicator comm = session.world();
  Options options;
  if (argc > 3) options.node_limit = std::stoull(argv[3]);
  json answers = json::array();
  for (const json& problem : json::parse(std::ifstream(argv[1]))) answers.push_back(answer(comm, problem, options));
  if (comm.is_root()) std::ofstream(argv[2]) << answers;
  return 0;
}
