// offers.csv against offers.h5.
#pragma once

#include <filesystem>
#include <string>

#include "parallel/communicator.hpp"
#include "verify/catalog.hpp"
#include "verify/findings.hpp"
#include "verify/list_file.hpp"

namespace proffer::verify {

/// Independent. The lines that offers.csv should have for the offered rows of `list`; rows with an offer that is not
/// in the catalog have none.
[[nodiscard]] std::string csv_lines(const ListRows& list, const Catalog& catalog);

/// Collective. Every rank's `lines`, one after another below the heading, against the file; names the first line that
/// differs on each rank.
void check_csv(const parallel::Communicator& comm, const std::filesystem::path& path, const std::string& lines,
               Findings& findings);

}  // namespace proffer::verify
