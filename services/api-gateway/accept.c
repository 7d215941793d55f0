#include "accept.h"

enum { WANTED = 1000, UNSAID = -1 };

const char *encoding_name(enum encoding encoding)
{
    static const char *const names[ENCODINGS] = { "br", "gzip", "identity" };

    return names[encoding];
}

static int digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : -1;
}

/* "0", "0.5", "1.000" as thousandths; what is malformed counts as not wanted. */
static int weight_of(struct cm_str text)
{
    int thousandths, place = 100;

    if (text.len == 0 || text.len > 5 || digit(text.at[0]) < 0 || digit(text.at[0]) > 1)
        return 0;
    thousandths = digit(text.at[0]) * WANTED;
    if (text.len > 1 && text.at[1] != '.')
        return 0;
    for (size_t i = 2; i < text.len; i++, place /= 10) {
        if (digit(text.at[i]) < 0)
            return 0;
        thousandths += digit(text.at[i]) * place;
    }
    return thousandths > WANTED ? 0 : thousandths;
}

/* Of "gzip;q=0.5" the weight; without one it is wanted fully. */
static int weight_among(struct cm_str parameters)
{
    struct cm_str parameter, name;

    while (cm_str_split(&parameters, ';', &parameter)) {
        if (cm_str_split(&parameter, '=', &name) && cm_str_ieq(cm_str_trim(name), "q"))
            return weight_of(cm_str_trim(parameter));
    }
    return WANTED;
}

/* Takes the first item off the list; what it names, and how much it is wanted. */
static bool next_item(struct cm_str *list, struct cm_str *name, int *weight)
{
    struct cm_str item;

    if (!cm_str_split(list, ',', &item))
        return false;
    cm_str_split(&item, ';', name);
    *name = cm_str_trim(*name);
    *weight = weight_among(item);
    return true;
}

bool accept_names(struct cm_str header, const char *type)
{
    struct cm_str name;
    int weight;

    while (next_item(&header, &name, &weight))
        if (weight > 0 && cm_str_ieq(name, type))
            return true;
    return false;
}

void accept_encoding_read(struct cm_str header, int wanted[ENCODINGS])
{
    struct cm_str name;
    int others = UNSAID, weight;

    for (size_t e = 0; e < ENCODINGS; e++)
        wanted[e] = UNSAID;
    while (next_item(&header, &name, &weight)) {
        if (cm_str_is(name, "*"))
            others = weight;
        for (size_t e = 0; e < ENCODINGS; e++)
            if (cm_str_ieq(name, encoding_name((enum encoding)e)))
                wanted[e] = weight;
    }
    for (size_t e = 0; e < ENCODINGS; e++)
        if (wanted[e] == UNSAID)
            wanted[e] = others != UNSAID ? others : e == ENCODING_IDENTITY;
}
