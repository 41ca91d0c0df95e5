# Saves a policy in one process and plays it in another: both print the same returns.
foreach(what IN ITEMS save play)
    execute_process(COMMAND ${PROGRAM} ${what} ${FILE} OUTPUT_VARIABLE ${what} COMMAND_ERROR_IS_FATAL ANY)
endforeach()
if(NOT save STREQUAL play OR save STREQUAL "")
    message(FATAL_ERROR "the returns where it was saved: ${save}in another process: ${play}")
endif()
message(STATUS "${save}")
