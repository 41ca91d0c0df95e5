# cmake -D COMPILER=... -D SOURCE=... -D INCLUDES=... [-D PRECOMPILED=...] -P must_not_compile.cmake
#
# PRECOMPILED are flags that make the compiler take gradiva.hpp from a precompiled header.
# Comments of the source say what must happen:
#   // expect first: <text>    the first error holds the text
#   // expect: <text>          the compiler says it somewhere
#   // expect not: <text>      it is said nowhere
#   // flags: <flags>          given to the compiler besides
file(STRINGS ${SOURCE} expectations REGEX "^ *// expect( first)?: ")
file(STRINGS ${SOURCE} exclusions REGEX "^ *// expect not: ")
file(STRINGS ${SOURCE} extra REGEX "^ *// flags: ")
if(NOT expectations)
    message(FATAL_ERROR "${SOURCE} has no line '// expect: <text>'")
endif()

list(TRANSFORM INCLUDES PREPEND -I OUTPUT_VARIABLE flags)
if(NOT extra)
    list(PREPEND flags ${PRECOMPILED})
endif()
set(of_others ${expectations})
list(FILTER of_others EXCLUDE REGEX "// expect first: ")
if(NOT of_others AND NOT exclusions)
    list(APPEND flags -Wfatal-errors)  # where only the first error is asked for, the compiler need not find the others
endif()
foreach(line IN LISTS extra)
    string(REGEX REPLACE "^ *// flags: " "" text "${line}")
    separate_arguments(more UNIX_COMMAND "${text}")
    list(APPEND flags ${more})
endforeach()
execute_process(COMMAND ${COMPILER} -std=c++20 -fsyntax-only ${flags} ${SOURCE}
    RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
if(result EQUAL 0)
    message("${SOURCE} compiles, but must not")  # in a line of its own: a fatal message is wrapped
    message(FATAL_ERROR "unexpected success")
endif()

string(REGEX MATCH "error: [^\n]*" first_error "${output}")
foreach(line IN LISTS expectations)
    string(REGEX REPLACE "^ *// expect( first)?: " "" text "${line}")
    set(said "${output}")
    if(line MATCHES "^ *// expect first: ")
        set(said "${first_error}")
    endif()
    string(FIND "${said}" "${text}" position)
    if(position EQUAL -1)
        message("${SOURCE}: the compiler does not say\n  ${text}\nbut\n${said}")
        message(FATAL_ERROR "unexpected text")
    endif()
endforeach()
foreach(line IN LISTS exclusions)
    string(REGEX REPLACE "^ *// expect not: " "" text "${line}")
    string(FIND "${output}" "${text}" position)
    if(NOT position EQUAL -1)
        message("${SOURCE}: the compiler should not say\n  ${text}\nbut says\n${output}")
        message(FATAL_ERROR "unexpected text")
    endif()
endforeach()
