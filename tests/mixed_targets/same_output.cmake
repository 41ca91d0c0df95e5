# Fails unless two programs end well and say the same.
cmake_minimum_required(VERSION 3.25)

foreach(program IN ITEMS FIRST SECOND)
    execute_process(COMMAND ${${program}} OUTPUT_VARIABLE ${program}_output RESULT_VARIABLE status)
    if(NOT status EQUAL 0)
        message(FATAL_ERROR "${${program}}: ${status}\n${${program}_output}")
    endif()
endforeach()
if(NOT FIRST_output STREQUAL SECOND_output)
    message(FATAL_ERROR "the order of linking changes the result:\n${FIRST_output}and\n${SECOND_output}")
endif()
