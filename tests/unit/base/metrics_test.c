#include "base_test.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/metrics.h"

static char *render(struct cm_metrics *m, struct cm_buf *text)
{
    cm_buf_clear(text);
    cm_metrics_render(m, text);
    return text->at ? text->at : (cm_buf_text(text, ""), text->at);
}

static void help_and_type_stand_once_before_all_series_of_a_name(void **state)
{
    CM_OWN(cm_metrics) m = cm_metrics_new();
    CM_OWN_BUF struct cm_buf text = { 0 };

    (void)state;
    cm_metric_add(cm_counter(m, "a_total", "A's.", "k=\"1\""), 2);
    cm_metric_set(cm_gauge(m, "b", "B's.", NULL), -5);
    cm_metric_add(cm_counter(m, "a_total", "A's.", "k=\"2\""), 3);
    assert_string_equal(render(m, &text), "# HELP a_total A's.\n# TYPE a_total counter\n"
                                          "a_total{k=\"1\"} 2\na_total{k=\"2\"} 3\n"
                                          "# HELP b B's.\n# TYPE b gauge\nb -5\n");
}

static void the_same_name_and_labels_are_the_same_series(void **state)
{
    CM_OWN(cm_metrics) m = cm_metrics_new();
    char labels[] = "k=\"1\"";
    struct cm_metric *a = cm_counter(m, "a_total", "A.", labels);

    (void)state;
    assert_ptr_equal(a, cm_counter(m, "a_total", "A.", "k=\"1\""));
    labels[3] = '2'; /* copied */
    assert_ptr_not_equal(a, cm_counter(m, "a_total", "A.", labels));
    assert_ptr_equal(cm_gauge(m, "b", "B.", NULL), cm_gauge(m, "b", "B.", ""));
}

static void the_buckets_of_a_histogram_add_up(void **state)
{
    CM_OWN(cm_metrics) m = cm_metrics_new();
    CM_OWN_BUF struct cm_buf text = { 0 };
    struct cm_metric *h = cm_histogram(m, "h_seconds", "H.", "k=\"1\"");

    (void)state;
    cm_metric_observe_us(h, 1000); /* a bound belongs to its bucket */
    cm_metric_observe_us(h, 1001);
    cm_metric_observe_us(h, 300000001);
    cm_metric_observe_us(h, -7); /* a clock that went back */
    render(m, &text);
    assert_non_null(strstr(text.at,
                           "# TYPE h_seconds histogram\nh_seconds_bucket{k=\"1\",le=\"0.001\"} 2\n"
                           "h_seconds_bucket{k=\"1\",le=\"0.0025\"} 3\n"));
    assert_non_null(strstr(text.at,
                           "h_seconds_bucket{k=\"1\",le=\"300\"} 3\n"
                           "h_seconds_bucket{k=\"1\",le=\"+Inf\"} 4\n"
                           "h_seconds_sum{k=\"1\"} 300.002002\nh_seconds_count{k=\"1\"} 4\n"));
    assert_int_equal(cm_metric_value(h), 4);
}

static void no_registry_and_no_metric_do_no_harm(void **state)
{
    (void)state;
    assert_null(cm_counter(NULL, "a", "A.", NULL));
    assert_null(cm_histogram(NULL, "a", "A.", NULL));
    cm_metric_add(NULL, 1);
    cm_metric_set(NULL, 1);
    cm_metric_observe_us(NULL, 1);
    assert_int_equal(cm_metric_value(NULL), 0);
    cm_metrics_free(NULL);
}

static void the_process_is_shown_under_the_usual_names(void **state)
{
    static const char *const names[] = { "process_cpu_seconds_total",
                                         "process_start_time_seconds",
                                         "process_virtual_memory_bytes",
                                         "process_resident_memory_bytes",
                                         "process_threads",
                                         "process_open_fds",
                                         "process_max_fds" };
    CM_OWN(cm_metrics) m = cm_metrics_new();
    CM_OWN_BUF struct cm_buf text = { 0 };

    (void)state;
    cm_metrics_process(m);
    render(m, &text);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char sample[64];
        const char *at;

        snprintf(sample, sizeof sample, "\n%s ", names[i]);
        at = strstr(text.at, sample);
        assert_non_null(at);
        assert_in_range(at[strlen(sample)], '0', '9');
    }
    assert_non_null(strstr(text.at, "\nprocess_threads 1\n"));
}

static void *count_many(void *ctx)
{
    struct cm_metrics *m = ctx;

    for (int i = 0; i < 10000; i++) {
        cm_metric_add(cm_counter(m, "a_total", "A.", i % 2 ? "k=\"1\"" : "k=\"2\""), 1);
        cm_metric_observe_us(cm_histogram(m, "h_seconds", "H.", NULL), i);
    }
    return NULL;
}

static void counts_of_several_threads_are_all_there(void **state)
{
    CM_OWN(cm_metrics) m = cm_metrics_new();
    CM_OWN_BUF struct cm_buf text = { 0 };
    pthread_t threads[4];

    (void)state;
    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, count_many, m);
    for (int i = 0; i < 10; i++)
        render(m, &text);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(cm_metric_value(cm_counter(m, "a_total", "A.", "k=\"1\"")), 20000);
    assert_int_equal(cm_metric_value(cm_histogram(m, "h_seconds", "H.", NULL)), 40000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(help_and_type_stand_once_before_all_series_of_a_name),
        cmocka_unit_test(the_same_name_and_labels_are_the_same_series),
        cmocka_unit_test(the_buckets_of_a_histogram_add_up),
        cmocka_unit_test(no_registry_and_no_metric_do_no_harm),
        cmocka_unit_test(the_process_is_shown_under_the_usual_names),
        cmocka_unit_test(counts_of_several_threads_are_all_there),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
