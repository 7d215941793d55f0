/* body.h - a request's JSON object, read by a table of its fields.
 *
 *     enum { NAME, ACTIVE, FIELDS };
 *     static const struct body_field fields[FIELDS] = {
 *         [NAME]   = { "name", BODY_TEXT, .required = true, .min = 1, .max = 100 },
 *         [ACTIVE] = { .name = "active", .type = BODY_FLAG },
 *     };
 *     struct body_value values[FIELDS];
 *     if (!body_read(rq, fields, FIELDS, values))
 *         return;
 *
 * What the table does not name is refused, so a client learns of its mistake, and nothing can be
 * set that was not meant to be. The bounds are those of schemas/openapi.yaml.
 */
#pragma once
#include "db/args.h"
#include "http/server.h"

enum body_type {
    BODY_TEXT,   /* min to max characters */
    BODY_CHOICE, /* one of `choices`, "a|b" */
    BODY_NUMBER, /* a whole number, min to max */
    BODY_FLAG,
    BODY_ID,    /* a UUID; or, where there are any, one of `choices` */
    BODY_DATE,  /* YYYY-MM-DD */
    BODY_TIME,  /* RFC 3339 */
    BODY_TEXTS, /* up to `many` texts of min to max characters */
};

struct body_field {
    const char *name;
    enum body_type type;
    bool required, nullable;
    int64_t min, max;
    size_t many;
    const char *choices;
    bool (*fits)(struct cm_str text); /* of texts; NULL: any will do ... */
    const char *form;                 /* ... else what to say: "an E.164 number" */
};

/* The bounds of an e-mail address, and what is said of one that is refused. */
#define BODY_MAIL .min = 3, .max = 254, .form = "an e-mail address (up to 254 characters)"

/** Views live in the request's arena. */
struct body_value {
    bool given; /* also when it is null */
    bool null;
    struct cm_str text; /* TEXT, CHOICE, DATE; ID: a choice in its place */
    int64_t number;     /* NUMBER; TIME in us */
    bool flag;
    struct cm_uuid id;
    const struct cm_str *texts;
    size_t text_count;
};

/** false: the body is no such object, and it was answered with 400 (415: no JSON). A field that is
 * not there has `given` false. */
bool body_read(struct cm_http_request *rq, const struct body_field fields[], size_t count,
               struct body_value values[]);
/** The same for a PATCH: nothing is required, but something has to be there. */
bool body_read_change(struct cm_http_request *rq, const struct body_field fields[], size_t count,
                      struct body_value values[]);

struct body_form {
    const struct body_field *fields;
    size_t count;
    bool is_change; /* nothing is required, but something has to be there */
};
/** What both do, without HTTP: NULL, or what the client is to be told. */
const char *body_fault(const struct body_form *form, struct cm_str body, struct cm_arena *arena,
                       struct body_value values[]);

/** The value as one parameter; SQL NULL where it is null or was not given. */
void body_arg(struct cm_args *args, const struct body_field *field, const struct body_value *value);
/** For "SET x = CASE WHEN $1 THEN $2 ELSE x END": whether it was given, and the value. */
void body_arg_change(struct cm_args *args, const struct body_field *field,
                     const struct body_value *value);
