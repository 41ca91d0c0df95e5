# cmake -D COMPILER=... -D GROUP=... -D INCLUDES=... -D PRECOMPILED=... -D SAID=... -P group.cmake
#
# Compiles GROUP, a source that includes many that must not compile, and writes what the compiler says of each to the folder
# SAID: by GCC a line that names the place where an error begins, in one of the sources, stands before the error.
file(REMOVE_RECURSE ${SAID})
list(TRANSFORM INCLUDES PREPEND -I OUTPUT_VARIABLE flags)
execute_process(COMMAND ${COMPILER} -std=c++20 -fsyntax-only ${PRECOMPILED} ${flags} ${GROUP}
    OUTPUT_VARIABLE output ERROR_VARIABLE output)

# What a list of CMake cannot hold becomes "?", see must_not_compile.cmake.
string(REGEX REPLACE "[][;\\]" "?" output "${output}")
string(REPLACE "\n" ";" lines "${output}")
set(name "")
set(names)
foreach(line IN LISTS lines)
    if(line MATCHES "compile_errors/([a-z0-9_/]+)\\.cpp:[0-9:]+ +(required from|error: |in )")
        set(name ${CMAKE_MATCH_1})
        list(APPEND names ${name})
    endif()
    if(name)
        string(APPEND said_of_${name} "${line}\n")
    endif()
endforeach()
list(REMOVE_DUPLICATES names)
foreach(name IN LISTS names)
    file(WRITE ${SAID}/${name}.txt "${said_of_${name}}")
endforeach()
