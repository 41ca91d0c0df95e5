# cmake -D COMPILER=... -D SOURCE=... -D INCLUDES=... -P must_not_compile.cmake
file(STRINGS ${SOURCE} expectations REGEX "^ *// expect: ")
if(NOT expectations)
    message(FATAL_ERROR "${SOURCE} has no line '// expect: <text>'")
endif()

list(TRANSFORM INCLUDES PREPEND -I OUTPUT_VARIABLE flags)
execute_process(COMMAND ${COMPILER} -std=c++20 -fsyntax-only ${flags} ${SOURCE}
    RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
if(result EQUAL 0)
    message("${SOURCE} compiles, but must not")  # in a line of its own: a fatal message is wrapped
    message(FATAL_ERROR "unexpected success")
endif()

foreach(line IN LISTS expectations)
    string(REGEX REPLACE "^ *// expect: " "" text "${line}")
    string(FIND "${output}" "${text}" position)
    if(position EQUAL -1)
        message("${SOURCE}: the compiler does not say\n  ${text}\nbut\n${output}")
        message(FATAL_ERROR "unexpected text")
    endif()
endforeach()
