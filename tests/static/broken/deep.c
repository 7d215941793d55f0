/* As any.c, but the analyzer has to follow a value through functions that are too large to be
 * looked into under tests/.clang-tidy. */
#include <stddef.h>

struct item {
    int id, kind;
    struct item *next;
};

static int weigh(const struct item *item, const struct item *other)
{
    int sum = 0;

    while (item) {
        if (item->kind == 3)
            return 0;
        sum += item->id;
        item = item->next;
    }
    if (sum > 3)
        return other->kind; /* finds: clang-analyzer-core.NullDereference */
    return sum;
}

int read_though_nothing_was_passed(const struct item *item)
{
    return weigh(item, NULL);
}
