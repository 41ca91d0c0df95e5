# Each dependency is the target of a surrounding project, else an installed package, else a pinned
# release fetched as an archive. Headers of all three kinds are system headers: they raise no warnings.
include(FetchContent)

# gradiva_dependency(<package> TARGET <target> URL <archive> DEBIAN <package> [VERSION <oldest>] [HEADERS_ONLY])
# HEADERS_ONLY: the archive's own build is not run; its root becomes the include directory of <target>.
# Sets gradiva_fetched where it fetched.
function(gradiva_dependency package)
    cmake_parse_arguments(PARSE_ARGV 1 arg "HEADERS_ONLY" "TARGET;URL;DEBIAN;VERSION" "")
    if(TARGET ${arg_TARGET})
        return()
    endif()
    find_package(${package} ${arg_VERSION} QUIET GLOBAL)
    if(TARGET ${arg_TARGET})
        return()
    endif()

    string(TOLOWER ${package} name)
    string(TOUPPER ${package} upper)
    set(archive ${CMAKE_BINARY_DIR}/_deps/${name}.tar.gz)
    if(NOT FETCHCONTENT_SOURCE_DIR_${upper} AND NOT EXISTS ${archive})
        message(STATUS "${package} is not installed; downloading ${arg_URL}")
        file(DOWNLOAD ${arg_URL} ${archive} STATUS status TLS_VERIFY ON)
        list(GET status 0 code)
        if(NOT code EQUAL 0)
            file(REMOVE ${archive})
            list(GET status 1 reason)
            string(JOIN " " wanted ${package} ${arg_VERSION})
            message(FATAL_ERROR
                "gradiva: ${wanted} is not installed, and ${arg_URL} could not be downloaded (${reason}). "
                "Install it, on Debian or Ubuntu with\n"
                "  apt-get install ${arg_DEBIAN}\n"
                "or run tools/setup.sh, or name an installed copy in CMAKE_PREFIX_PATH, or unpacked sources in "
                "FETCHCONTENT_SOURCE_DIR_${upper}.")
        endif()
    endif()

    if(arg_HEADERS_ONLY)
        set(subdirectory SOURCE_SUBDIR headers_only)  # a folder that does not exist: nothing of it is built
    endif()
    FetchContent_Declare(${package} URL ${archive} DOWNLOAD_EXTRACT_TIMESTAMP ON SYSTEM ${subdirectory})
    FetchContent_MakeAvailable(${package})
    if(arg_HEADERS_ONLY)
        FetchContent_GetProperties(${package} SOURCE_DIR source)
        add_library(${arg_TARGET} INTERFACE IMPORTED GLOBAL)
        target_include_directories(${arg_TARGET} INTERFACE ${source})
    endif()
    set(gradiva_fetched TRUE PARENT_SCOPE)
endfunction()

# Sets GRADIVA_CAN_INSTALL: a fetched dependency lives in this build tree only, so an installed gradiva
# could not find it again.
macro(gradiva_find_library_dependencies)
    set(gradiva_fetched FALSE)
    gradiva_dependency(Eigen3 VERSION 3.4 TARGET Eigen3::Eigen DEBIAN libeigen3-dev HEADERS_ONLY
        URL https://gitlab.com/libeigen/eigen/-/archive/3.4.0/eigen-3.4.0.tar.gz)
    set(FMT_INSTALL OFF)
    gradiva_dependency(fmt TARGET fmt::fmt DEBIAN libfmt-dev
        URL https://github.com/fmtlib/fmt/archive/refs/tags/10.2.1.tar.gz)
    find_package(Threads REQUIRED)
    set(GRADIVA_CAN_INSTALL TRUE)
    if(gradiva_fetched)
        set(GRADIVA_CAN_INSTALL FALSE)
    endif()
endmacro()

# What gradiva::io needs, as GRADIVA_IO says. Sets GRADIVA_CAN_INSTALL_IO.
function(gradiva_find_json)
    set(gradiva_fetched FALSE)
    if(GRADIVA_IO STREQUAL "AUTO" AND NOT TARGET nlohmann_json::nlohmann_json)
        find_package(nlohmann_json 3.10 QUIET GLOBAL)
        if(NOT TARGET nlohmann_json::nlohmann_json)
            message(STATUS "gradiva: there is no gradiva::io, as nlohmann-json is not installed (Debian: "
                "nlohmann-json3-dev; -DGRADIVA_IO=ON fetches it)")
        endif()
    elseif(GRADIVA_IO)
        gradiva_dependency(nlohmann_json VERSION 3.10 TARGET nlohmann_json::nlohmann_json DEBIAN nlohmann-json3-dev
            URL https://github.com/nlohmann/json/releases/download/v3.11.3/json.tar.xz)
    endif()
    set(GRADIVA_CAN_INSTALL_IO TRUE PARENT_SCOPE)
    if(gradiva_fetched)
        set(GRADIVA_CAN_INSTALL_IO FALSE PARENT_SCOPE)
    endif()
endfunction()

macro(gradiva_find_catch2)
    gradiva_dependency(Catch2 TARGET Catch2::Catch2 DEBIAN catch2
        URL https://github.com/catchorg/Catch2/archive/refs/tags/v3.5.4.tar.gz)
endmacro()

macro(gradiva_find_cli11)
    gradiva_dependency(CLI11 TARGET CLI11::CLI11 DEBIAN libcli11-dev
        URL https://github.com/CLIUtils/CLI11/archive/refs/tags/v2.4.1.tar.gz)
endmacro()

macro(gradiva_find_benchmark)
    set(BENCHMARK_ENABLE_TESTING OFF)
    set(BENCHMARK_ENABLE_INSTALL OFF)
    gradiva_dependency(benchmark TARGET benchmark::benchmark DEBIAN libbenchmark-dev
        URL https://github.com/google/benchmark/archive/refs/tags/v1.8.3.tar.gz)
endmacro()
