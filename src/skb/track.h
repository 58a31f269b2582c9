/* SPDX-License-Identifier: BSD-2-Clause */
/* Names for return addresses, for panics and the leak report. */
#ifndef SKB_TRACK_H
#define SKB_TRACK_H

#include <stddef.h>

#define SKB_SITE_TEXT 256

/* "function+0x1b (object)", or with file and line where a sanitizer's runtime knows them. */
void skb_site_text(char *buf, size_t size, const void *site);

#endif /* SKB_TRACK_H */
