/* Each line that bears a comment of this kind is wrong in that way: static-tidy shows with it that
 * the checks can find something. It is compiled into nothing.
 *
 * One of each kind that has bitten C programs; the analyzer's need no path through other functions.
 */
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct item {
    int id;
    char name[16];
};

/* ---- clang-analyzer ---- */

int null_is_read(struct item *item)
{
    if (!item)
        return item->id; /* finds: clang-analyzer-core.NullDereference */
    return 0;
}

int zero_divides(int count)
{
    if (count == 0)
        return 100 / count; /* finds: clang-analyzer-core.DivideZero */
    return 0;
}

int unset_decides(int kind)
{
    int found;

    if (kind == 1)
        found = 2;
    if (found) /* finds: clang-analyzer-core.uninitialized.Branch */
        return 1;
    return 0;
}

int unset_is_returned(int kind)
{
    int found;

    if (kind == 1)
        found = 2;
    return found; /* finds: clang-analyzer-core.uninitialized.UndefReturn */
}

int unset_is_assigned(int kind)
{
    int found, copy = 1;

    if (kind == 1)
        found = 2;
    copy = found; /* finds: clang-analyzer-core.uninitialized.Assign */
    return copy;
}

int unset_is_an_index(const int *of, int kind)
{
    int at;

    if (kind == 1)
        at = 2;
    return of[at]; /* finds: clang-analyzer-core.uninitialized.ArraySubscript */
}

int unset_is_added(int kind)
{
    int found;

    if (kind == 1)
        found = 2;
    return found + kind; /* finds: clang-analyzer-core.UndefinedBinaryOperatorResult */
}

int unset_is_passed(int kind)
{
    int found;

    if (kind == 1)
        found = 2;
    return abs(found); /* finds: clang-analyzer-core.CallAndMessage */
}

struct item *local_is_lent(void)
{
    struct item item = { 0 };
    struct item *lent = &item;

    return lent; /* finds: clang-analyzer-core.StackAddressEscape */
}

int length_is_zero(int count)
{
    if (count == 0) {
        int list[count]; /* finds: clang-analyzer-core.VLASize */

        return (int)sizeof list;
    }
    return 0;
}

int nobody_reads_it(int kind)
{
    kind = 7; /* finds: clang-analyzer-deadcode.DeadStores */
    kind = 8;
    return kind;
}

size_t null_has_no_length(const char *text)
{
    if (!text)
        return strlen(text); /* finds: clang-analyzer-core.NonNullParamChecker */
    return 0;
}

void appended_beyond_the_end(char *to)
{
    char text[8] = "";

    strncat(text, to, sizeof text); /* finds: clang-analyzer-unix.cstring.BadSizeArg */
    puts(text);
}

int *of_another_size(void)
{
    return malloc(sizeof(char)); /* finds: clang-analyzer-unix.MallocSizeof */
}

void copied_whatever_its_length(char *to, const char *text)
{
    strcpy(to, text); /* finds: clang-analyzer-security.insecureAPI.strcpy */
}

void rights_are_kept(unsigned user)
{
    setuid(user); /* finds: clang-analyzer-security.insecureAPI.UncheckedReturn */
}

int counted_by_fractions(void)
{
    int steps = 0;

    for (float a = 0; a < 1; a++) /* finds: clang-analyzer-security.FloatLoopCounter cert-flp30-c */
        steps++;
    return steps;
}

int never_begun(int count, ...)
{
    va_list args;

    if (count)
        return va_arg(args, int); /* finds: clang-analyzer-valist.Uninitialized */
    return 0;
}

/* ---- bugprone ---- */

size_t of_the_pointer(const struct item *item)
{
    return sizeof(item) / sizeof(item[0]); /* finds: bugprone-sizeof-expression */
}

int same_either_way(int kind)
{
    if (kind) /* finds: bugprone-branch-clone */
        return 1;
    else
        return 1;
}

void never_ends(int count)
{
    int at = 0;

    while (at < count) /* finds: bugprone-infinite-loop */
        ;
}

void nothing_is_set(char *to, int len)
{
    memset(to, len, 0); /* finds: bugprone-suspicious-memset-usage */
}

#define TWICE(x) (2 * x) /* finds: bugprone-macro-parentheses */

double half_of(int count)
{
    return sqrt(count / 2); /* finds: bugprone-integer-division */
}

int too_deep(const int *of) /* finds: readability-function-cognitive-complexity */
{
    int sum = 0;

    for (int at = 0; at < 9; at++) {
        if (of[at] > 0) {
            if (of[at] > 10) {
                while (sum < of[at]) {
                    if ((sum % 2 && sum % 7) || sum < at)
                        sum += 3;
                    else if (sum % 3)
                        sum += 5;
                    else
                        sum++;
                }
            } else if (of[at] > 5) {
                sum += of[at];
            }
        } else {
            sum -= of[at];
        }
    }
    return sum;
}

void too_long(void) /* finds: readability-function-size */
{
    puts("line 1");
    puts("line 2");
    puts("line 3");
    puts("line 4");
    puts("line 5");
    puts("line 6");
    puts("line 7");
    puts("line 8");
    puts("line 9");
    puts("line 10");
    puts("line 11");
    puts("line 12");
    puts("line 13");
    puts("line 14");
    puts("line 15");
    puts("line 16");
    puts("line 17");
    puts("line 18");
    puts("line 19");
    puts("line 20");
    puts("line 21");
    puts("line 22");
    puts("line 23");
    puts("line 24");
    puts("line 25");
    puts("line 26");
    puts("line 27");
    puts("line 28");
    puts("line 29");
    puts("line 30");
    puts("line 31");
    puts("line 32");
    puts("line 33");
    puts("line 34");
    puts("line 35");
    puts("line 36");
    puts("line 37");
    puts("line 38");
    puts("line 39");
    puts("line 40");
    puts("line 41");
    puts("line 42");
    puts("line 43");
    puts("line 44");
    puts("line 45");
    puts("line 46");
    puts("line 47");
    puts("line 48");
    puts("line 49");
    puts("line 50");
    puts("line 51");
    puts("line 52");
    puts("line 53");
    puts("line 54");
    puts("line 55");
    puts("line 56");
    puts("line 57");
    puts("line 58");
    puts("line 59");
    puts("line 60");
    puts("line 61");
}

long too_late_widened(int count, int each)
{
    return (long)(count * each); /* finds: bugprone-misplaced-widening-cast */
}

long widened_by_itself(int count, int each)
{
    return count * each; /* finds: bugprone-implicit-widening-of-multiplication-result */
}

int narrowed(double share)
{
    int whole = 1;

    whole += share; /* finds: bugprone-narrowing-conversions */
    return whole;
}

int equal_or_less(const char *a, const char *b)
{
    return strcmp(a, b) == 1; /* finds: bugprone-suspicious-string-compare */
}

void end_is_lost(char *to, const char *text)
{
    memcpy(to, text, strlen(text)); /* finds: bugprone-not-null-terminated-result */
}

int read_as_signed(signed char byte)
{
    int code = byte; /* finds: bugprone-signed-char-misuse cert-str34-c */

    return code;
}

int wraps_before_the_end(long count)
{
    int sum = 0;

    for (short at = 0; at < count; at++) /* finds: bugprone-too-small-loop-variable */
        sum++;
    return sum;
}

int posix_tells_otherwise(pthread_t thread)
{
    return pthread_join(thread, NULL) < 0; /* finds: bugprone-posix-return */
}

static void shout(int number)
{
    (void)number;
    puts("stop"); /* finds: bugprone-signal-handler cert-sig30-c */
}

void shouts_from_a_signal(void)
{
    signal(SIGTERM, shout);
}

/* ---- cert ---- */

int of_any_shell(const char *command)
{
    return system(command); /* finds: cert-env33-c */
}

int guessed(void)
{
    return rand(); /* finds: cert-msc30-c cert-msc50-cpp */
}

int whatever_it_says(const char *text)
{
    return atoi(text); /* finds: cert-err34-c */
}

void seeded_alike(void)
{
    srand(1); /* finds: cert-msc32-c cert-msc51-cpp */
}

FILE copied_stream(void)
{
    FILE copy = *stdin; /* finds: cert-fio38-c */

    return copy;
}

void ended_from_outside(pthread_t thread)
{
    pthread_kill(thread, SIGTERM); /* finds: bugprone-bad-signal-to-kill-thread cert-pos44-c */
}
