/* Makes every flush to the disk so much slower: LD_PRELOAD this, and name the microseconds in BENCH_FLUSH_US. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <unistd.h>

typedef int (*flush)(int);

static void wait_first(void) {
  static int microseconds = -1;
  if (microseconds < 0) {
    const char *wanted = getenv("BENCH_FLUSH_US");
    microseconds = wanted ? atoi(wanted) : 0;
  }
  if (microseconds > 0) usleep((useconds_t)microseconds);
}

int fsync(int fd) {
  static flush real;
  if (!real) real = (flush)dlsym(RTLD_NEXT, "fsync");
  wait_first();
  return real(fd);
}

int fdatasync(int fd) {
  static flush real;
  if (!real) real = (flush)dlsym(RTLD_NEXT, "fdatasync");
  wait_first();
  return real(fd);
}
