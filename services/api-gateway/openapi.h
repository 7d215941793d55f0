/* openapi.h - the description of the API, carried inside the program. */
#pragma once
#include <stddef.h>

extern const char openapi_json[];
extern const size_t openapi_json_len;
