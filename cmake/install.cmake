if(NOT GRADIVA_CAN_INSTALL)
    return()
endif()

include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/gradiva)
install(TARGETS gradiva EXPORT gradivaTargets FILE_SET HEADERS)
install(EXPORT gradivaTargets NAMESPACE gradiva:: DESTINATION ${package_dir})
if(TARGET gradiva::io AND GRADIVA_CAN_INSTALL_IO)
    install(TARGETS gradiva_io EXPORT gradivaIoTargets FILE_SET HEADERS)
    install(EXPORT gradivaIoTargets NAMESPACE gradiva:: DESTINATION ${package_dir})
endif()

configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/gradivaConfig.cmake.in
    ${PROJECT_BINARY_DIR}/gradivaConfig.cmake INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/gradivaConfigVersion.cmake
    COMPATIBILITY SameMinorVersion ARCH_INDEPENDENT)
install(FILES ${PROJECT_BINARY_DIR}/gradivaConfig.cmake ${PROJECT_BINARY_DIR}/gradivaConfigVersion.cmake
    ${CMAKE_CURRENT_LIST_DIR}/gradivaBuildType.cmake
    DESTINATION ${package_dir})
