/* Asks the system to back a fresh block of memory by huge pages. */
#ifndef RECORDSMITH_PAGES_H
#define RECORDSMITH_PAGES_H

#include <stddef.h>
#include <stdint.h>

#if defined(__linux__)
#include <sys/mman.h>
#endif

/* First touch of 4 KiB pages costs several times the copy into them. Only whole pages inside
 * the block are named; the request is a hint, so its outcome does not matter. */
static inline void rs_want_huge_pages(void *begin, size_t n)
{
#if defined(__linux__) && defined(MADV_HUGEPAGE)
    const uintptr_t page = 4096;
    const uintptr_t first = ((uintptr_t)begin + page - 1) & ~(page - 1);
    const uintptr_t last = ((uintptr_t)begin + n) & ~(page - 1);
    if (n >= ((size_t)4 << 20) && last > first) {
        (void)madvise((void *)first, last - first, MADV_HUGEPAGE);
    }
#else
    (void)begin;
    (void)n;
#endif
}

#endif
