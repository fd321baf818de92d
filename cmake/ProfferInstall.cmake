# cmake --install: libraries, headers, the executable, configs and launch scripts, and a CMake package, so that
#   find_package(proffer) gives proffer::foundation … proffer::combine, with everything they need found too.
include(CMakePackageConfigHelpers)

get_property(folders GLOBAL PROPERTY PROFFER_FOLDERS)
list(TRANSFORM folders PREPEND proffer_ OUTPUT_VARIABLE libraries)
install(TARGETS proffer_compile ${libraries} EXPORT proffer-targets
        ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY pipeline/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/proffer FILES_MATCHING PATTERN *.hpp)
if(TARGET proffer)
  install(TARGETS proffer RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
install(DIRECTORY configs slurm DESTINATION ${CMAKE_INSTALL_DATADIR}/proffer USE_SOURCE_PERMISSIONS)
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/proffer)
install(EXPORT proffer-targets NAMESPACE proffer:: DESTINATION ${package_dir})
configure_package_config_file(cmake/proffer-config.cmake.in ${PROJECT_BINARY_DIR}/proffer-config.cmake
                              INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/proffer-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/proffer-config.cmake ${PROJECT_BINARY_DIR}/proffer-config-version.cmake
              cmake/ProfferDependencies.cmake
        DESTINATION ${package_dir})
