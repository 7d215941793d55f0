#include "base/process_stats.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

struct stat_fields { /* of /proc/self/stat, see proc(5) */
    unsigned long long user_ticks, system_ticks, threads, start_ticks, virtual_bytes;
    long long resident_pages;
};

static bool read_text(const char *path, char *out, size_t size)
{
    FILE *file = fopen(path, "re");
    size_t len;

    if (!file)
        return false;
    len = fread(out, 1, size - 1, file);
    fclose(file);
    out[len] = '\0';
    return len > 0;
}

static bool read_stat(struct stat_fields *s)
{
    char text[2048];
    const char *at;
    char *end;
    unsigned long long fields[23] = { 0 };

    if (!read_text("/proc/self/stat", text, sizeof text))
        return false;
    at = strrchr(text, ')'); /* the name before it may hold anything */
    if (!at || strlen(at) < 4)
        return false;
    at += 3; /* ") S": the fields from the fourth on are numbers */
    for (size_t i = 4; i <= 24; i++) {
        unsigned long long n = strtoull(at, &end, 10);

        if (end == at)
            return false;
        if (i - 4 < sizeof fields / sizeof fields[0])
            fields[i - 4] = n;
        at = end;
    }
    *s = (struct stat_fields){ .user_ticks = fields[14 - 4],
                               .system_ticks = fields[15 - 4],
                               .threads = fields[20 - 4],
                               .start_ticks = fields[22 - 4],
                               .virtual_bytes = fields[23 - 4],
                               .resident_pages = (long long)fields[24 - 4] };
    return true;
}

static unsigned long long boot_seconds(void)
{
    FILE *file = fopen("/proc/stat", "re");
    unsigned long long seconds = 0;
    char *line = NULL;
    size_t room = 0;

    while (file && getline(&line, &room, file) > 0)
        if (strncmp(line, "btime ", 6) == 0)
            seconds = strtoull(line + 6, NULL, 10);
    free(line);
    if (file)
        fclose(file);
    return seconds;
}

static int open_descriptors(void)
{
    DIR *dir = opendir("/proc/self/fd");
    int count = 0;

    if (!dir)
        return -1;
    while (readdir(dir))
        count++;
    closedir(dir);
    return count - 3; /* ".", ".." and the folder itself */
}

static void head(struct cm_buf *out, const char *name, const char *type, const char *help)
{
    cm_buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n%s ", name, help, name, type, name);
}

void cm_process_stats_render(struct cm_buf *out)
{
    unsigned long long hz = (unsigned long long)sysconf(_SC_CLK_TCK);
    struct rlimit files;
    struct stat_fields s;
    int fds = open_descriptors();

    if (read_stat(&s)) {
        unsigned long long cpu_ms = (s.user_ticks + s.system_ticks) * 1000 / hz;
        unsigned long long start_ms = boot_seconds() * 1000 + s.start_ticks * 1000 / hz;

        head(out, "process_cpu_seconds_total", "counter", "User and system CPU time in seconds.");
        cm_buf_printf(out, "%llu.%03llu\n", cpu_ms / 1000, cpu_ms % 1000);
        head(out, "process_start_time_seconds", "gauge", "Start time in seconds since 1970.");
        cm_buf_printf(out, "%llu.%03llu\n", start_ms / 1000, start_ms % 1000);
        head(out, "process_virtual_memory_bytes", "gauge", "Virtual memory size in bytes.");
        cm_buf_printf(out, "%llu\n", s.virtual_bytes);
        head(out, "process_resident_memory_bytes", "gauge", "Resident memory size in bytes.");
        cm_buf_printf(out, "%lld\n", s.resident_pages * (long long)sysconf(_SC_PAGESIZE));
        head(out, "process_threads", "gauge", "Number of threads.");
        cm_buf_printf(out, "%llu\n", s.threads);
    }
    if (fds >= 0) {
        head(out, "process_open_fds", "gauge", "Number of open file descriptors.");
        cm_buf_printf(out, "%d\n", fds);
    }
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        head(out, "process_max_fds", "gauge", "Most file descriptors the process may have open.");
        cm_buf_printf(out, "%llu\n", (unsigned long long)files.rlim_cur);
    }
}
