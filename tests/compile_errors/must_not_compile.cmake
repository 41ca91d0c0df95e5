# cmake -D COMPILER=... -D SOURCE=... -D INCLUDES=... [-D PRECOMPILED=...] [-D SAID=...] -P must_not_compile.cmake
#
# PRECOMPILED are flags that make the compiler take gradiva.hpp from a precompiled header. SAID is a file of what the compiler
# said of the source when it compiled many as one (group.cmake). Where that is not all that is expected, as an error that two
# sources have in common is said once, the source is compiled by itself, which decides.
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

# Sets `complaint` to what is wrong with what the compiler said, or to nothing. The regular expression `lost` stands for
# characters that `output` has as "?".
function(judge output lost)
    set(complaint "" PARENT_SCOPE)
    string(REGEX MATCH "error: [^\n]*" first_error "${output}")
    foreach(line IN LISTS expectations)
        string(REGEX REPLACE "^ *// expect( first)?: " "" text "${line}")
        string(REGEX REPLACE "${lost}" "?" text "${text}")
        set(said "${output}")
        if(line MATCHES "^ *// expect first: ")
            set(said "${first_error}")
        endif()
        string(FIND "${said}" "${text}" position)
        if(position EQUAL -1)
            set(complaint "the compiler does not say\n  ${text}\nbut\n${said}" PARENT_SCOPE)
        endif()
    endforeach()
    foreach(line IN LISTS exclusions)
        string(REGEX REPLACE "^ *// expect not: " "" text "${line}")
        string(FIND "${output}" "${text}" position)
        if(NOT position EQUAL -1)
            set(complaint "the compiler should not say\n  ${text}\nbut says\n${output}" PARENT_SCOPE)
        endif()
    endforeach()
endfunction()

if(EXISTS "${SAID}" AND NOT exclusions)  # what is not said of this one may be said of another
    file(READ ${SAID} output)
    judge("${output}" "[][;\\\\]")
    if(NOT complaint)
        return()
    endif()
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

judge("${output}" "\n")
if(complaint)
    message("${SOURCE}: ${complaint}")
    message(FATAL_ERROR "unexpected text")
endif()
