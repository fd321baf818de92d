// The one file outside parallel/ that shows an MPI communicator to a library: HDF5's MPI-IO driver needs it.
#include "parallel/handle.hpp"
#include "storage/hdf5_file.hpp"

namespace proffer::storage::hdf5 {

Handle create_parallel(const parallel::Communicator& comm, const std::filesystem::path& path) {
  quiet();
  const Handle access = owned(H5Pcreate(H5P_FILE_ACCESS), H5Pclose, "property list");
  check(H5Pset_fapl_mpio(access.get(), comm.handle().comm, MPI_INFO_NULL), "MPI-IO driver");
  // Version 1.8 of the format is the newest that HDF5 1.10 and 1.14 write alike: object headers carry checksums, and,
  // other than from 1.10 on, a killed writer leaves no mark in the superblock that makes the file refuse to open.
  check(H5Pset_libver_bounds(access.get(), H5F_LIBVER_V18, H5F_LIBVER_V18), "format version");
  const Handle creation = owned(H5Pcreate(H5P_FILE_CREATE), H5Pclose, "property list");
  without_times(creation.get());
  return owned(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, creation.get(), access.get()), H5Fclose, "creation of the file");
}

}  // namespace proffer::storage::hdf5
