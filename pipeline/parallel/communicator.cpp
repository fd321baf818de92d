#include "parallel/communicator.hpp"

#include <array>
#include <charconv>
#include <cstdlib>
#include <exception>
#include <string>
#include <string_view>

#include "foundation/error.hpp"
#include "parallel/handle.hpp"

namespace proffer::parallel {
namespace {

int rank_in(MPI_Comm comm) {
  int rank = 0;
  check(MPI_Comm_rank(comm, &rank), "MPI_Comm_rank");
  return rank;
}

int size_of(MPI_Comm comm) {
  int size = 0;
  check(MPI_Comm_size(comm, &size), "MPI_Comm_size");
  return size;
}

bool is_active() {
  int initialised = 0;
  int finalised = 0;
  MPI_Initialized(&initialised);
  MPI_Finalized(&finalised);
  return initialised != 0 && finalised == 0;
}

std::shared_ptr<Handle> own(MPI_Comm comm) {
  auto handle = std::make_shared<Handle>();
  handle->comm = comm;
  handle->owned = true;
  check(MPI_Comm_set_errhandler(comm, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler");
  return handle;
}

}  // namespace

void check(int mpi_result, const char* call) {
  if (mpi_result == MPI_SUCCESS) return;
  std::array<char, MPI_MAX_ERROR_STRING> text{};
  int length = 0;
  if (MPI_Error_string(mpi_result, text.data(), &length) != MPI_SUCCESS) length = 0;
  throw SystemError({std::string(call) + " failed", std::string(text.data(), static_cast<std::size_t>(length)),
                     "see whether another rank died first"});
}

Handle::~Handle() {
  // Freeing is collective: while an exception unwinds, other ranks may never come here.
  if (owned && comm != MPI_COMM_NULL && std::uncaught_exceptions() == 0 && is_active()) MPI_Comm_free(&comm);
}

Communicator::Communicator(std::shared_ptr<Handle> handle)
    : handle_(std::move(handle)), rank_(rank_in(handle_->comm)), size_(size_of(handle_->comm)) {}

Communicator Communicator::split(int colour) const {
  expects(colour >= 0, "Communicator::split: a colour is not negative");
  MPI_Comm part = MPI_COMM_NULL;
  check(MPI_Comm_split(handle_->comm, colour, rank_, &part), "MPI_Comm_split");
  return Communicator(own(part));
}

int Communicator::ranks_on_this_host() const {
  MPI_Comm host = MPI_COMM_NULL;
  check(MPI_Comm_split_type(handle_->comm, MPI_COMM_TYPE_SHARED, rank_, MPI_INFO_NULL, &host), "MPI_Comm_split_type");
  return Communicator(own(host)).size();
}

Session::Session(int& argc, char**& argv) : uncaught_(std::uncaught_exceptions()) {
  int provided = MPI_THREAD_SINGLE;
  check(MPI_Init_thread(&argc, &argv, MPI_THREAD_FUNNELED, &provided), "MPI_Init_thread");
  if (provided < MPI_THREAD_FUNNELED)
    throw SystemError({"this MPI library is unfit", "it does not allow threads beside the one that calls it",
                       "use one built with MPI_THREAD_FUNNELED or more"});
  check(MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler");
  check(MPI_Comm_set_errhandler(MPI_COMM_SELF, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler");
  MPI_Comm duplicate = MPI_COMM_NULL;
  check(MPI_Comm_dup(MPI_COMM_WORLD, &duplicate), "MPI_Comm_dup");
  world_ = own(duplicate);
}

Session::~Session() {
  // While an exception unwinds the other ranks may be inside any collective; finalising would wait for them for ever.
  if (std::uncaught_exceptions() > uncaught_) return;
  world_.reset();
  if (is_active()) MPI_Finalize();
}

Communicator Session::world() const {
  return Communicator(world_);
}

void Session::abort(int exit_code) {
  if (is_active()) MPI_Abort(MPI_COMM_WORLD, exit_code);
  std::_Exit(exit_code);
}

Communicator self() {
  auto handle = std::make_shared<Handle>();
  handle->comm = MPI_COMM_SELF;
  return Communicator(handle);
}

int announced_tasks() {
  // mpirun under Slurm starts its daemons through srun, whose number of tasks the ranks then inherit: so it comes last.
  for (const char* name : {"OMPI_COMM_WORLD_SIZE", "SLURM_STEP_NUM_TASKS"}) {
    const char* value = std::getenv(name);
    if (value == nullptr) continue;
    const std::string_view text(value);
    int tasks = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), tasks);
    if (error == std::errc{} && end == text.data() + text.size() && tasks > 0) return tasks;
  }
  return 0;
}

}  // namespace proffer::parallel
