# FindWhisper.cmake - libwhisper (whisper.cpp) with its ggml libraries, static or shared.
#
#   Whisper_ROOT        a prefix; as a CMake variable or in the environment
#   CALLMILL_CACHE      else $CALLMILL_CACHE/whisper-1.8.5, ~/.cache/callmill by default, where deploy/fetch
#                       puts it; then the system's folders
#
# Defines the target Whisper::whisper. It is C++ inside: whoever links it gets the C++ runtime with it.

if(NOT Whisper_ROOT AND NOT "$ENV{Whisper_ROOT}" STREQUAL "")
    set(Whisper_ROOT $ENV{Whisper_ROOT})
endif()
if(NOT Whisper_ROOT)
    if(NOT "$ENV{CALLMILL_CACHE}" STREQUAL "")
        set(whisper_cache $ENV{CALLMILL_CACHE})
    elseif(NOT "$ENV{XDG_CACHE_HOME}" STREQUAL "")
        set(whisper_cache $ENV{XDG_CACHE_HOME}/callmill)
    else()
        set(whisper_cache $ENV{HOME}/.cache/callmill)
    endif()
    set(whisper_hint ${whisper_cache}/whisper-1.8.5)
endif()

find_path(Whisper_INCLUDE_DIR whisper.h HINTS ${Whisper_ROOT} ${whisper_hint} PATH_SUFFIXES include)
# In link order: each needs those behind it.
set(whisper_parts whisper ggml ggml-cpu ggml-base)
set(whisper_libraries)
foreach(part IN LISTS whisper_parts)
    find_library(Whisper_${part}_LIBRARY ${part} HINTS ${Whisper_ROOT} ${whisper_hint} PATH_SUFFIXES lib)
    mark_as_advanced(Whisper_${part}_LIBRARY)
    list(APPEND whisper_libraries Whisper_${part}_LIBRARY)
endforeach()
mark_as_advanced(Whisper_INCLUDE_DIR)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Whisper
    REQUIRED_VARS ${whisper_libraries} Whisper_INCLUDE_DIR
    REASON_FAILURE_MESSAGE "run deploy/fetch whisper, or set Whisper_ROOT to where libwhisper is installed")

if(Whisper_FOUND AND NOT TARGET Whisper::whisper)
    find_package(Threads REQUIRED)
    set(whisper_links)
    foreach(part IN LISTS whisper_parts)
        list(APPEND whisper_links ${Whisper_${part}_LIBRARY})
    endforeach()
    add_library(Whisper::whisper INTERFACE IMPORTED)
    set_target_properties(Whisper::whisper PROPERTIES
        INTERFACE_INCLUDE_DIRECTORIES ${Whisper_INCLUDE_DIR}
        INTERFACE_LINK_LIBRARIES "${whisper_links};stdc++;m;${CMAKE_DL_LIBS};Threads::Threads")
endif()
