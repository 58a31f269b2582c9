/* SPDX-License-Identifier: BSD-2-Clause */
/* What the article's listing and the program that tries it share. */
#ifndef TESTS_LJ1996_ARTICLE_H
#define TESTS_LJ1996_ARTICLE_H

#include <skiff/lj1996.h>

extern struct sk_buff_head my_list;
extern int my_dropped;

/* The listing copies from here, not from its argument. */
extern char *data;

void append_frame(char *buf, int len);
void process_queue(void);

/* By the program: called for each frame. */
void process_data(struct sk_buff *skb);

#endif /* TESTS_LJ1996_ARTICLE_H */
