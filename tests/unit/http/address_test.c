#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/un.h>

#include <cmocka.h>

#include "http/address.h"

static bool is_public(const char *text)
{
    struct sockaddr_in v4 = { .sin_family = AF_INET };
    struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };

    if (inet_pton(AF_INET, text, &v4.sin_addr) == 1)
        return cm_address_is_public((const struct sockaddr *)&v4);
    assert_int_equal(inet_pton(AF_INET6, text, &v6.sin6_addr), 1);
    return cm_address_is_public((const struct sockaddr *)&v6);
}

static void addresses_of_the_internet_are_public(void **state)
{
    static const char *const all[] = {
        "1.1.1.1",         "9.255.255.255",   "11.0.0.0",        "100.63.255.255",  "100.128.0.0",
        "126.255.255.255", "128.0.0.0",       "169.253.255.255", "172.15.255.255",  "172.32.0.0",
        "192.0.1.0",       "192.167.255.255", "192.169.0.0",     "198.17.255.255",  "198.20.0.0",
        "223.255.255.255", "2606:4700::1111", "2a00::1",         "2001:4860::8888", "2003::1"
    };

    (void)state;
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        if (!is_public(all[i]))
            fail_msg("%s", all[i]);
}

static void addresses_of_machines_networks_and_translators_are_not(void **state)
{
    static const char *const all[] = {
        "0.0.0.0",
        "0.255.255.255",
        "10.0.0.1",
        "10.255.255.255",
        "100.64.0.0",
        "100.127.255.255",
        "127.0.0.1",
        "127.255.255.255",
        "169.254.169.254",
        "172.16.0.0",
        "172.31.255.255",
        "192.0.0.1",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.0.0",
        "192.168.255.255",
        "198.18.0.0",
        "198.19.255.255",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "239.255.255.255",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::ffff:8.8.8.8",
        "::8.8.8.8",
        "64:ff9b::808:808",
        "64:ff9b:1::1",
        "100::1",
        "2001::1",
        "2001:1ff:ffff::1",
        "2001:db8::1",
        "2002:808:808::1",
        "3fff::1",
        "3fff:fff::1",
        "fc00::1",
        "fdff::1",
        "fe80::1",
        "febf::1",
        "fec0::1",
        "ff02::1",
        "4000::1",
    };

    (void)state;
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        if (is_public(all[i]))
            fail_msg("%s", all[i]);
}

static void other_families_are_not(void **state)
{
    struct sockaddr_un at = { .sun_family = AF_UNIX };

    (void)state;
    assert_false(cm_address_is_public((const struct sockaddr *)&at));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_of_the_internet_are_public),
        cmocka_unit_test(addresses_of_machines_networks_and_translators_are_not),
        cmocka_unit_test(other_families_are_not),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
