/* main.c - callsim: reads what is asked, serves, plays, waits, reports. */
#include <signal.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/log.h"
#include "report.h"
#include "rest.h"
#include "scenario.h"

static sigset_t end_signals; /* blocked in every thread, taken by asking */

static bool is_stopped(void)
{
    sigset_t pending;

    return sigpending(&pending) == 0 &&
           (sigismember(&pending, SIGTERM) || sigismember(&pending, SIGINT));
}

/* True: `done` became true in time. */
static bool wait_for(bool (*done)(struct world *), struct world *world, int64_t seconds)
{
    int64_t deadline_ms = cm_mono_ms() + seconds * 1000;

    while (!done(world) && !is_stopped()) {
        if (cm_mono_ms() >= deadline_ms)
            return false;
        cm_pause_ms(20);
    }
    return done(world);
}

static bool write_heard(const struct world *world)
{
    const struct live *live = world->calls[0].live;
    const char *path = world->options->heard;
    FILE *file = path ? fopen(path, "wb") : NULL;
    bool good;

    if (!path)
        return true;
    good = file && (!live || fwrite(live->heard.at, 1, live->heard.len, file) == live->heard.len);
    if (!file || fclose(file) || !good)
        fprintf(stderr, "callsim: %s cannot be written\n", path);
    return good;
}

static int perform(struct world *world, struct cm_err *err)
{
    CM_OWN(cm_http_client) client = NULL;
    CM_OWN(rest) rest = NULL;
    bool good = true;
    int taken;

    if (cm_http_client_new(NULL, &client, err) || rest_start(world, &rest, err))
        return 2;

    fprintf(stderr, "callsim: REST API on port %u, seed %llu\n", rest_port(rest),
            (unsigned long long)world->options->seed);
    scenario_play(world, client, is_stopped);
    if (world->options->command != COMMAND_SERVE && !world->options->hold && world->options->wait_s)
        good = wait_for(world_all_fetched, world, world->options->wait_s);
    good = report_print(world, rest_port(rest), stdout) && good;
    good = write_heard(world) && good;
    if (world->options->command == COMMAND_SERVE || world->options->hold)
        sigwait(&end_signals, &taken);
    return good ? 0 : 1;
}

int main(int argc, char **argv)
{
    struct options options;
    struct world world = { 0 };
    struct cm_err err = { 0 };
    bool help = false;
    int status = 2;

    sigemptyset(&end_signals);
    sigaddset(&end_signals, SIGTERM);
    sigaddset(&end_signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &end_signals, NULL);
    cm_log_setup("callsim", CM_LOG_WARN, CM_LOG_TEXT);

    if (options_read(argc, argv, &options, &help, &err) == CM_OK) {
        if (help)
            return fputs(options_usage(), stdout) < 0;
        if (world_make(&world, &options, &err) == CM_OK)
            status = perform(&world, &err);
        world_finish(&world);
    }
    if (err.rc)
        fprintf(stderr, "callsim: %s\n", err.msg);
    return status;
}
