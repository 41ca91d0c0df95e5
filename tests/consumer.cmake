# Builds and runs the project in consumer/, which is not part of this one, in each way gradiva can be had.
function(gradiva_add_consumer_test way)
    set(build_dir ${CMAKE_CURRENT_BINARY_DIR}/consumer_${way})
    add_test(NAME consumer_${way}
        COMMAND ${CMAKE_CTEST_COMMAND} --build-and-test ${CMAKE_CURRENT_SOURCE_DIR}/consumer ${build_dir}
        --build-generator ${CMAKE_GENERATOR} --build-noclean
        --build-options -DCMAKE_CXX_COMPILER=${CMAKE_CXX_COMPILER} -DCMAKE_BUILD_TYPE=Release
        "-DCMAKE_CXX_FLAGS_RELEASE=-O1 -DNDEBUG"  # half the time of -O3, at which examples are built
        -DCONSUMER_WAY=${way} -DCONSUMER_IO=${consumer_io} ${ARGN}
        --test-command ${build_dir}/consumer)
    set_tests_properties(consumer_${way} PROPERTIES LABELS consumer TIMEOUT 600)
endfunction()

# Configures the consumer only: with an empty build type CMake must say so, with another it must not.
function(gradiva_add_build_type_test way name build_type property)
    set(test consumer_${way}_${name})
    add_test(NAME ${test}
        COMMAND ${CMAKE_COMMAND} -S ${CMAKE_CURRENT_SOURCE_DIR}/consumer -B ${CMAKE_CURRENT_BINARY_DIR}/${test}
        -G ${CMAKE_GENERATOR} -DCMAKE_CXX_COMPILER=${CMAKE_CXX_COMPILER} "-DCMAKE_BUILD_TYPE=${build_type}"
        -DCONSUMER_WAY=${way} ${ARGN})
    set_tests_properties(${test} PROPERTIES LABELS consumer ${property} "gradiva: CMAKE_BUILD_TYPE is empty")
endfunction()

function(gradiva_add_build_type_tests way)
    gradiva_add_build_type_test(${way} without_build_type "" PASS_REGULAR_EXPRESSION ${ARGN})
    gradiva_add_build_type_test(${way} with_build_type Debug FAIL_REGULAR_EXPRESSION ${ARGN})
    gradiva_add_build_type_test(${way} with_flags "" FAIL_REGULAR_EXPRESSION -DCMAKE_CXX_FLAGS=-O2 ${ARGN})
endfunction()

# Configures the consumer only: without nlohmann-json there is no gradiva::io, and all else is there.
function(gradiva_add_test_without_json way)
    add_test(NAME consumer_${way}_without_json
        COMMAND ${CMAKE_COMMAND} -S ${CMAKE_CURRENT_SOURCE_DIR}/consumer
        -B ${CMAKE_CURRENT_BINARY_DIR}/consumer_${way}_without_json -G ${CMAKE_GENERATOR}
        -DCMAKE_CXX_COMPILER=${CMAKE_CXX_COMPILER} -DCMAKE_BUILD_TYPE=Release -DCONSUMER_WAY=${way} -DCONSUMER_IO=OFF
        -DCMAKE_DISABLE_FIND_PACKAGE_nlohmann_json=ON ${ARGN})
    set_tests_properties(consumer_${way}_without_json PROPERTIES LABELS consumer)
endfunction()

set(consumer_io OFF)
if(TARGET gradiva::io)
    set(consumer_io ON)
endif()

gradiva_add_test_without_json(add_subdirectory -DGRADIVA_SOURCE_DIR=${PROJECT_SOURCE_DIR})
gradiva_add_build_type_tests(add_subdirectory -DGRADIVA_SOURCE_DIR=${PROJECT_SOURCE_DIR})
gradiva_add_consumer_test(add_subdirectory -DGRADIVA_SOURCE_DIR=${PROJECT_SOURCE_DIR})
gradiva_add_consumer_test(fetchcontent -DFETCHCONTENT_SOURCE_DIR_GRADIVA=${PROJECT_SOURCE_DIR})

if(GRADIVA_CAN_INSTALL)
    set(prefix ${CMAKE_CURRENT_BINARY_DIR}/consumer_prefix)
    add_test(NAME consumer_clean COMMAND ${CMAKE_COMMAND} -E rm -rf ${prefix})
    add_test(NAME consumer_install COMMAND ${CMAKE_COMMAND} --install ${PROJECT_BINARY_DIR} --prefix ${prefix})
    gradiva_add_consumer_test(find_package -DCMAKE_PREFIX_PATH=${prefix})
    set_tests_properties(consumer_clean PROPERTIES LABELS consumer FIXTURES_SETUP consumer_clean)
    set_tests_properties(consumer_install PROPERTIES LABELS consumer
        FIXTURES_REQUIRED consumer_clean FIXTURES_SETUP consumer_prefix)
    gradiva_add_build_type_tests(find_package -DCMAKE_PREFIX_PATH=${prefix})
    gradiva_add_test_without_json(find_package -DCMAKE_PREFIX_PATH=${prefix})
    foreach(test IN ITEMS "" _without_json _without_build_type _with_build_type _with_flags)
        set_tests_properties(consumer_find_package${test} PROPERTIES FIXTURES_REQUIRED consumer_prefix)
    endforeach()
endif()
