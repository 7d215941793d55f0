#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "account/client_address.h"

struct address_case {
    const char *peer, *forwarded_for;
    int proxies;
    const char *key;
};

static void the_client_is_found_behind_its_proxies(void **state)
{
    static const struct address_case cases[] = {
        { "192.0.2.1", NULL, 0, "192.0.2.1" },
        { "192.0.2.1", "203.0.113.9", 0,
          "192.0.2.1" }, /* nobody to trust: what the client says is not asked */
        { "10.0.0.1", "203.0.113.9", 1, "203.0.113.9" },
        { "10.0.0.1", "6.6.6.6, 203.0.113.9", 1,
          "203.0.113.9" }, /* the client made the left one up */
        { "10.0.0.1", "6.6.6.6,203.0.113.9 , 10.0.0.2", 2, "203.0.113.9" },
        { "10.0.0.1", "203.0.113.9", 3, "203.0.113.9" },
        { "10.0.0.1", NULL, 1, "10.0.0.1" },
        { "10.0.0.1", "", 1, "10.0.0.1" },
        { "2001:db8:1:2:3:4:5:6", NULL, 0, "2001:db8:1:2::" }, /* a site has a /64 */
        { "::ffff:192.0.2.1", NULL, 0, "::ffff:192.0.2.1" },
        { "10.0.0.1", ",", 1, "" },
    };
    char out[CLIENT_ADDRESS_MAX];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct cm_str key = client_address(
            cm_str_of(cases[i].peer), cm_str_of(cases[i].forwarded_for), cases[i].proxies, out);

        assert_int_equal(key.len, strlen(out));
        assert_string_equal(out, cases[i].key);
    }
}

static void nonsense_of_any_length_is_cut(void **state)
{
    char long_text[500], out[CLIENT_ADDRESS_MAX];

    (void)state;
    memset(long_text, 'x', sizeof long_text);
    for (size_t len = 1; len <= sizeof long_text; len++) {
        struct cm_str key =
            client_address(CM_STR("10.0.0.1"), (struct cm_str){ long_text, len }, 1, out);

        assert_int_equal(key.len, len < CLIENT_ADDRESS_MAX ? len : CLIENT_ADDRESS_MAX - 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_client_is_found_behind_its_proxies),
        cmocka_unit_test(nonsense_of_any_length_is_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
