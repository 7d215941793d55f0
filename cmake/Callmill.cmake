# Callmill.cmake - how every target of this project is built.
#
#   cm_library(NAME SOURCES a.c ... USES other_layers... PRIVATE c_dependency...)
#   cm_service(NAME SOURCES main.c ... USES cm_service ...)      -> bin/NAME
#   cm_unit_test(NAME SOURCES x_test.c ... USES lib...)           -> a ctest with the label "unit"
#   cm_embed(TARGET SYMBOL FILE)                                  -> extern const char SYMBOL[]; size_t SYMBOL_len
#
# A C dependency is linked PRIVATE: its headers do not reach the layers above (docs/architecture.md).

include(FindPkgConfig)
find_package(Threads REQUIRED)
foreach(pair IN ITEMS RDKAFKA:rdkafka AVRO:avro-c PQ:libpq MHD:libmicrohttpd CURL:libcurl
                      JANSSON:jansson SODIUM:libsodium CRYPTO:libcrypto SSL:libssl MPG123:libmpg123
                      SPEEXDSP:speexdsp)
    string(REPLACE ":" ";" pair ${pair})
    list(GET pair 0 name)
    list(GET pair 1 module)
    pkg_check_modules(${name} REQUIRED IMPORTED_TARGET ${module})
endforeach()

option(CALLMILL_WERROR "Treat warnings as errors" OFF)
option(CALLMILL_TESTS "Build the tests and the Twilio stand-in" ON)
option(CALLMILL_FUZZ "Build the libFuzzer targets (clang only)" OFF)
set(CALLMILL_SANITIZE "" CACHE STRING "Value for -fsanitize=, empty for none")

set(CMAKE_C_STANDARD 17)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
if(NOT CMAKE_BUILD_TYPE)
    set(CMAKE_BUILD_TYPE RelWithDebInfo)
endif()

# Not beside a sanitizer, whose name may hold a comma and so cannot stand in the expression below.
if(CALLMILL_SANITIZE)
    set(fortify OFF)
else()
    set(fortify ON)
endif()

add_library(cm_flags INTERFACE)
target_compile_definitions(cm_flags INTERFACE _GNU_SOURCE CALLMILL_VERSION="${PROJECT_VERSION}")
target_include_directories(cm_flags INTERFACE ${CMAKE_SOURCE_DIR}/common)
target_compile_options(cm_flags INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Wformat=2
    -Wno-format-zero-length -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wcast-qual
    -Wwrite-strings -Wundef -Wvla -Wswitch-enum -Wimplicit-fallthrough -Wnull-dereference -fno-common
    $<$<BOOL:${CALLMILL_WERROR}>:-Werror>
    -fstack-protector-strong -fstack-clash-protection -fcf-protection
    $<$<AND:$<CONFIG:Release,RelWithDebInfo>,$<BOOL:${fortify}>>:-D_FORTIFY_SOURCE=2>)
target_link_options(cm_flags INTERFACE -pie -Wl,-z,relro,-z,now,-z,noexecstack)
if(CALLMILL_SANITIZE)
    target_compile_options(cm_flags INTERFACE -fsanitize=${CALLMILL_SANITIZE} -fno-omit-frame-pointer
                           -fno-sanitize-recover=all)
    target_link_options(cm_flags INTERFACE -fsanitize=${CALLMILL_SANITIZE})
endif()

if(CALLMILL_FUZZ) # coverage of all our code, for the targets of tests/fuzz
    target_compile_options(cm_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()

function(cm_library name)
    cmake_parse_arguments(arg "" "" "SOURCES;USES;PRIVATE" ${ARGN})
    add_library(${name} STATIC ${arg_SOURCES})
    target_link_libraries(${name} PUBLIC cm_flags ${arg_USES} Threads::Threads PRIVATE ${arg_PRIVATE})
endfunction()

function(cm_program name)
    cmake_parse_arguments(arg "" "" "SOURCES;USES" ${ARGN})
    add_executable(${name} ${arg_SOURCES})
    target_link_libraries(${name} PRIVATE cm_flags ${arg_USES})
    target_include_directories(${name} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
endfunction()

# A service's code is a library, so that its tests link it; main.c alone is the program.
function(cm_service name)
    cmake_parse_arguments(arg "" "" "SOURCES;USES;PRIVATE" ${ARGN})
    string(REPLACE "-" "_" lib ${name})
    cm_library(svc_${lib} SOURCES ${arg_SOURCES} USES ${arg_USES} PRIVATE ${arg_PRIVATE})
    target_include_directories(svc_${lib} PUBLIC ${CMAKE_CURRENT_SOURCE_DIR})
    cm_program(${name} SOURCES main.c USES svc_${lib})
endfunction()

function(cm_unit_test name)
    cmake_parse_arguments(arg "" "" "SOURCES;USES;ARGS" ${ARGN})
    cm_program(${name} SOURCES ${arg_SOURCES} USES ${arg_USES} PkgConfig::CMOCKA)
    target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR}/tests/support)
    set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
    add_test(NAME ${name} COMMAND ${name} ${arg_ARGS} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
    set_tests_properties(${name} PROPERTIES LABELS unit TIMEOUT 120)
endfunction()
if(CALLMILL_TESTS)
    pkg_check_modules(CMOCKA REQUIRED IMPORTED_TARGET cmocka)
endif()

function(cm_embed target symbol file)
    set(source ${CMAKE_CURRENT_BINARY_DIR}/embed_${symbol}.c)
    file(CONFIGURE OUTPUT ${source} @ONLY CONTENT [=[
#include <stddef.h>
extern const char @symbol@[];
extern const size_t @symbol@_len;
extern const char @symbol@_end[];
__asm__(".pushsection .rodata\n.balign 16\n.global @symbol@\n@symbol@:\n.incbin \"@file@\"\n"
        ".global @symbol@_end\n@symbol@_end:\n.byte 0\n.balign 8\n.global @symbol@_len\n"
        "@symbol@_len:\n.quad @symbol@_end - @symbol@\n.popsection\n");
]=])
    set_source_files_properties(${source} PROPERTIES OBJECT_DEPENDS ${file})
    target_sources(${target} PRIVATE ${source})
endfunction()
