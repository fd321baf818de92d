# Every library comes from Debian's packages; the list of packages stands in cmake/packages.txt.
# Also included by the installed package, so that a consumer finds the same ones.
find_package(Threads REQUIRED)
find_package(MPI REQUIRED COMPONENTS C)
find_package(Eigen3 REQUIRED NO_MODULE)
find_package(yaml-cpp REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(CLI11 REQUIRED)
find_package(Boost REQUIRED CONFIG)
find_package(ZLIB REQUIRED)
find_package(OpenSSL REQUIRED COMPONENTS Crypto)
find_package(PkgConfig REQUIRED)
pkg_check_modules(hdf5_mpi REQUIRED IMPORTED_TARGET hdf5-openmpi)
pkg_check_modules(xxhash REQUIRED IMPORTED_TARGET libxxhash)
pkg_check_modules(muparser REQUIRED IMPORTED_TARGET muparser)

# XGBoost ships no CMake or pkg-config file on Debian 12.
if(NOT TARGET proffer_xgboost)
  find_path(XGBOOST_INCLUDE_DIR xgboost/c_api.h REQUIRED)
  find_library(XGBOOST_LIBRARY xgboost REQUIRED)
  add_library(proffer_xgboost UNKNOWN IMPORTED GLOBAL)
  set_target_properties(proffer_xgboost PROPERTIES
    IMPORTED_LOCATION ${XGBOOST_LIBRARY}
    INTERFACE_INCLUDE_DIRECTORIES ${XGBOOST_INCLUDE_DIR})
endif()
