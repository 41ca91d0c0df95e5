# Files of tests are compiled in groups: what the files of a group instantiate alike is compiled once. In a group each file
# stands in a namespace of its own, after the includes of all, so that no name of one meets a name of another.
cmake_host_system_information(RESULT cores QUERY NUMBER_OF_LOGICAL_CORES)
cmake_host_system_information(RESULT memory QUERY TOTAL_PHYSICAL_MEMORY)
set(per_group 16)
if(memory GREATER "${cores}0000")  # 10 GB for each compiler
    set(per_group 32)
endif()
set(GRADIVA_TESTS_PER_GROUP ${per_group} CACHE STRING
    "Most files of tests compiled as one, more where there is memory; 1 while working on one of them")

# gradiva_group_tests(RESULT SOURCE...) sets RESULT to the sources to compile.
function(gradiva_group_tests result)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${ARGN})
    set(alone)
    set(together)
    foreach(source IN LISTS ARGN)
        cmake_path(RELATIVE_PATH source BASE_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR} OUTPUT_VARIABLE path)
        file(READ ${source} text)
        # No room: not one of the project's. The others cannot stand in a namespace, or have includes under a condition.
        if(NOT path MATCHES "/" OR text MATCHES "// Compiled alone:|\ntemplate <>|#if[^\n]*\n#include|#define.*\n#include")
            list(APPEND alone ${source})
        else()
            list(APPEND together ${source})
        endif()
    endforeach()

    list(LENGTH together count)
    math(EXPR groups "(${count} + ${GRADIVA_TESTS_PER_GROUP} - 1) / ${GRADIVA_TESTS_PER_GROUP}")
    set(grouped)
    foreach(number RANGE 1 ${groups})
        math(EXPR begin "(${number} - 1) * ${count} / ${groups}")
        math(EXPR size "${number} * ${count} / ${groups} - ${begin}")
        list(SUBLIST together ${begin} ${size} sources)
        gradiva_write_group(${CMAKE_CURRENT_BINARY_DIR}/groups/${number}.cpp ${sources})
        list(PREPEND grouped ${CMAKE_CURRENT_BINARY_DIR}/groups/${number}.cpp)  # the last, of trainers, take longest
    endforeach()
    set(${result} ${alone} ${grouped} PARENT_SCOPE)
endfunction()

function(gradiva_write_group group)
    set(includes)
    set(text "")
    foreach(source IN LISTS ARGN)
        file(STRINGS ${source} lines REGEX "^#include ")
        list(APPEND includes ${lines})
        cmake_path(GET source STEM name)
        cmake_path(GET source PARENT_PATH folder)
        cmake_path(GET folder FILENAME folder)
        string(APPEND text "\nnamespace tests_of_${folder}_${name} {\n#include \"${source}\"\n}\n")
    endforeach()
    list(REMOVE_DUPLICATES includes)
    list(JOIN includes "\n" includes)
    file(CONFIGURE OUTPUT ${group} CONTENT "${includes}\n${text}" @ONLY)
endfunction()

# gradiva_group_programs(RESULT NAME SOURCE...): programs that instantiate much alike are compiled as one. Sets RESULT to the
# source of an object, in which each stands in a namespace of its own with its main, and RESULT_main_<program> to the source
# that makes it that program.
function(gradiva_group_programs result name)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${ARGN})
    set(folder ${CMAKE_CURRENT_BINARY_DIR}/${name})
    set(copies)
    foreach(source IN LISTS ARGN)
        cmake_path(GET source STEM program)
        file(READ ${source} text)
        # Only a main that stands in no namespace may end without a return.
        string(REGEX REPLACE "}\n$" "return 0; }\n" text "${text}")
        string(REPLACE "\nint main() {" "\nint main(int, char**) {" text "${text}")
        file(CONFIGURE OUTPUT ${folder}/${program}.cpp CONTENT "#line 1 \"${source}\"\n${text}" @ONLY)
        list(APPEND copies ${folder}/${program}.cpp)
        file(CONFIGURE OUTPUT ${folder}/main/${program}.cpp @ONLY CONTENT
"namespace tests_of_${name}_${program} {
int main(int, char**);
}
int main(int count, char** arguments) { return tests_of_${name}_${program}::main(count, arguments); }
")
        set(${result}_main_${program} ${folder}/main/${program}.cpp PARENT_SCOPE)
    endforeach()
    gradiva_write_group(${CMAKE_CURRENT_BINARY_DIR}/${name}.cpp ${copies})
    set(${result} ${CMAKE_CURRENT_BINARY_DIR}/${name}.cpp PARENT_SCOPE)
endfunction()
