/* Moves the wall clock of a process, and of all that it starts, by CLOCK_AHEAD_S
 * seconds, or by as many as stand in CLOCK_AHEAD_FILE at that moment (8 bytes, as the
 * machine writes a number), so that it can be set while they run. Monotonic clocks, sleeps and timers stay as they are: a duration is true.
 *
 * libfaketime would be the library for it. Its version 0.9.10 ends monotonic sleeps at
 * the wrong time, and in each version a signal that comes during epoll_wait sees the
 * unmoved clock, so that no timeout of PostgreSQL is ever due.
 */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

typedef int (*clock_gettime_t)(clockid_t, struct timespec *);

static clock_gettime_t real_clock_gettime;
static int64_t fixed_ahead_s;
static const volatile int64_t *ahead_s = &fixed_ahead_s;

static void watch(const char *path)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    void *seen;

    if (file < 0)
        return;
    seen = mmap(NULL, sizeof(int64_t), PROT_READ, MAP_SHARED, file, 0);
    close(file);
    if (seen != MAP_FAILED)
        ahead_s = seen;
}

__attribute__((constructor)) static void read_setting(void)
{
    const char *setting = getenv("CLOCK_AHEAD_S");
    const char *path = getenv("CLOCK_AHEAD_FILE");

    fixed_ahead_s = setting ? atoll(setting) : 0;
    if (path)
        watch(path);
    real_clock_gettime = (clock_gettime_t)dlsym(RTLD_NEXT, "clock_gettime");
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
    /* Other constructors may ask before ours has run. */
    if (!real_clock_gettime)
        read_setting();
    int failed = real_clock_gettime(clock, now);
    if (!failed && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
        now->tv_sec += *ahead_s;
    return failed;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
    struct timespec precise;

    (void)zone;
    if (clock_gettime(CLOCK_REALTIME, &precise))
        return -1;
    now->tv_sec = precise.tv_sec;
    now->tv_usec = precise.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *now)
{
    struct timespec precise;

    if (clock_gettime(CLOCK_REALTIME, &precise))
        return -1;
    if (now)
        *now = precise.tv_sec;
    return precise.tv_sec;
}

int timespec_get(struct timespec *now, int base)
{
    return base == TIME_UTC && !clock_gettime(CLOCK_REALTIME, now) ? base : 0;
}
