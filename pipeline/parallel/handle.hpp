// The one header that shows MPI itself; for parallel/ and the file that opens parallel HDF5.
#pragma once

#define OMPI_SKIP_MPICXX 1  // the C++ bindings, gone since MPI-3, would need a library of their own
#include <mpi.h>

namespace proffer::parallel {

struct Handle {
  MPI_Comm comm = MPI_COMM_NULL;
  bool owned = false;

  Handle() = default;
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  ~Handle();
};

/// Throws SystemError with MPI's own text where a call failed.
void check(int mpi_result, const char* call);

}  // namespace proffer::parallel
