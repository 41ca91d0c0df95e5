# Says so where a project that uses gradiva would be compiled without optimisation, which is many times slower.
get_property(gradiva_many_types GLOBAL PROPERTY GENERATOR_IS_MULTI_CONFIG)
get_property(gradiva_said GLOBAL PROPERTY gradiva_build_type_is_empty)
if(NOT CMAKE_BUILD_TYPE AND NOT gradiva_many_types AND NOT gradiva_said AND NOT CMAKE_CXX_FLAGS MATCHES "-O[1-9sfz]")
    message(NOTICE "gradiva: CMAKE_BUILD_TYPE is empty, so that programs are compiled without optimisation "
        "unless their own flags ask for it; configure with -DCMAKE_BUILD_TYPE=Release")
    set_property(GLOBAL PROPERTY gradiva_build_type_is_empty TRUE)
endif()
unset(gradiva_many_types)
unset(gradiva_said)
