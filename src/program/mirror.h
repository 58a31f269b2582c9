/* SPDX-License-Identifier: BSD-2-Clause */
/* The images of a host's devices that its programs have: kept in step, and shown what the devices carry. */
#ifndef PROGRAM_MIRROR_H
#define PROGRAM_MIRROR_H

#include <stdio.h>

#include <skiff/kernel.h>

#include "program/image.h"

struct net;
struct mirror;
struct mirrors;

/**
 * mirrors_create() - those of all programs of a host
 * @net: the host
 * @furnish: writes the lines by which an image of its devices is made; without the stack lock
 *
 * Return: for mirrors_destroy(), or NULL with errno.
 */
struct mirrors *mirrors_create(struct net *net, void (*furnish)(struct net *net, FILE *out));
void mirrors_destroy(struct mirrors *mirrors);

/*
 * There are other devices, addresses or routes now. Under the stack lock, as often as one likes: what happens before
 * the next mirrors_follow() is one change. NULL is fine.
 */
void mirrors_changed(struct mirrors *mirrors);

/* A descriptor that is readable when mirrors_follow() is to be called; it stays theirs. */
int mirrors_fd(const struct mirrors *mirrors);

/* Bring all images in step. Without the stack lock, as all below, and in the same thread. */
void mirrors_follow(struct mirrors *mirrors);

/**
 * mirrors_add() - keep the image of a program
 * @mirrors: of the host
 * @key: what the program is known by
 * @image: belongs to @mirrors, and is empty, unless this fails
 * @lines: that it was made by
 *
 * Return: it, or NULL without memory.
 */
struct mirror *mirrors_add(struct mirrors *mirrors, int key, struct image *image,
			   const char *lines);

/* The program is gone. NULL is fine. */
void mirrors_remove(struct mirrors *mirrors, struct mirror *mirror);

/*
 * Show what the devices carry, from now on, to the program that became known by that key last. Return: whether it
 * has an image.
 */
bool mirrors_show(struct mirrors *mirrors, int key);

#endif /* PROGRAM_MIRROR_H */
