# gradiva_internal: what the project's own tests, examples and benchmarks are built with, never its users.
include(CheckCXXCompilerFlag)

add_library(gradiva_warnings INTERFACE)
target_compile_options(gradiva_warnings INTERFACE -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow)
if(GRADIVA_WARNINGS_AS_ERRORS)
    target_compile_options(gradiva_warnings INTERFACE -Werror)
endif()

add_library(gradiva_internal INTERFACE)
target_link_libraries(gradiva_internal INTERFACE gradiva::gradiva gradiva_warnings)
if(TARGET gradiva::io)
    target_link_libraries(gradiva_internal INTERFACE gradiva::io)
endif()

check_cxx_compiler_flag(-march=native GRADIVA_HAS_MARCH_NATIVE)
if(GRADIVA_NATIVE AND GRADIVA_HAS_MARCH_NATIVE)
    target_compile_options(gradiva_internal INTERFACE -march=native)
endif()

if(GRADIVA_SANITIZE)
    set(sanitize -fsanitize=${GRADIVA_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
    if(GRADIVA_SANITIZE MATCHES "address.*undefined|undefined.*address")
        # The address sanitizer finds the same at half the time of compilation.
        list(APPEND sanitize -fno-sanitize=null,object-size,vptr)
        if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
            # Checks by calls in place of inlined ones: the same, compiled in four fifths of the time.
            list(APPEND sanitize "SHELL:-mllvm -asan-instrumentation-with-call-threshold=0")
        endif()
    endif()
    target_compile_options(gradiva_internal INTERFACE ${sanitize})
    target_link_options(gradiva_internal INTERFACE ${sanitize})
endif()

if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND (GRADIVA_SANITIZE OR CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13))
    # False alarms in GCC 12's own AVX-512 intrinsics (its bug 105593), and in the standard library under sanitizers.
    target_compile_options(gradiva_warnings INTERFACE -Wno-maybe-uninitialized -Wno-uninitialized -Wno-array-bounds)
endif()
