/* SPDX-License-Identifier: BSD-2-Clause */
/* The card that driver1996.c drives, as the test sees it. */
#ifndef TESTS_LJ1996_DRIVER1996_H
#define TESTS_LJ1996_DRIVER1996_H

#include <skiff/lj1996.h>

#define CARD_RING 4
#define CARD_FRAME 1600
#define CARD_FILTER 8

/* Registers and memory of the card. */
struct card {
	int missing; /* there is no such card */
	int fails;   /* it can't be started */
	int slow;    /* frames stay in the ring until card_tx_done() */
	int in_ring; /* buffers being sent */
	int frames;  /* frames that left by the wire */
	unsigned char wire[64][CARD_FRAME];
	int wire_len[64];
	int mode; /* last argument of set_multicast_list() */
	unsigned char filter[CARD_FILTER][6];
	int reg; /* what the private request reads and writes */
};

extern struct card card;
extern struct device mydev;

int mydev_init(struct device *dev);

/* Interrupts: a frame has come in; the ring is empty. */
void card_rx(unsigned char *buf, int len);
void card_tx_done(void);

#endif /* TESTS_LJ1996_DRIVER1996_H */
