// Names every wrapped symbol once, so that the linker takes wasi-libc's object for it.
//
// `__real_X` alone does not make wasm-ld look for X in an archive: where nothing else names X, the call would go
// nowhere. Naming it in a table that is itself dropped as unused is enough.
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#define ANCHOR_wrap(symbol) (void *)symbol,
#define ANCHOR_define(symbol)
#define ANCHOR_none(symbol)
#define COMPAT(symbol, class, how, note) ANCHOR_##how(symbol)

extern void *const isolator_compat_anchors[];
void *const isolator_compat_anchors[] = {
#include "table.def"
};
