// SPDX-License-Identifier: BSD-2-Clause
/*
 * A program that is soon over.
 *
 * talk ADDRESS PORT	sends eight bytes, expects them back, and leaves all else to its end
 * calls i386		makes calls by their numbers on i386, which takes a kernel with 32-bit programs;
 * calls native		makes those of x32 and of io_uring. Prints what each returns
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static int talk(const char *address, const char *port)
{
	struct sockaddr_in addr = { .sin_family = AF_INET };
	char text[8] = "skiff hi", back[8];
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	addr.sin_port = htons((uint16_t)atoi(port));
	inet_pton(AF_INET, address, &addr.sin_addr);
	if (connect(fd, (struct sockaddr *)&addr, sizeof(addr)) || write(fd, text, 8) != 8 ||
	    recv(fd, back, 8, MSG_WAITALL) != 8 || memcmp(text, back, 8) != 0) {
		perror("talk");
		return 1;
	}
	return 0;
}

#ifdef __x86_64__
/* i386's socket() is number 359, and getpid() 20. */
static long call_32(long number, long a, long b, long c)
{
	long ret;

	__asm__ volatile("int $0x80" : "=a"(ret) : "a"(number), "b"(a), "c"(b), "d"(c) : "memory");
	return (int)ret;
}

static long call_64(long number, long a, long b, long c)
{
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"(number), "D"(a), "S"(b), "d"(c)
			 : "rcx", "r11", "memory");
	return ret;
}

static int calls_i386(void)
{
	printf("i386 socket %ld\n", call_32(359, AF_INET, SOCK_STREAM, 0));
	printf("i386 socketcall %ld\n", call_32(102, 1, 0, 0));
	printf("i386 getpid %ld\n", call_32(20, 0, 0, 0));
	return 0;
}

static int calls_native(void)
{
	printf("x32 socket %ld\n", call_64(0x40000000 | SYS_socket, AF_INET, SOCK_STREAM, 0));
	printf("io_uring_setup %ld\n", call_64(SYS_io_uring_setup, 8, 0, 0));
	printf("io_uring_enter %ld\n", call_64(SYS_io_uring_enter, 0, 0, 0));
	printf("io_uring_register %ld\n", call_64(SYS_io_uring_register, 0, 0, 0));
	return 0;
}
#else
static int calls_i386(void)
{
	return 77;
}

static int calls_native(void)
{
	return 77;
}
#endif

int main(int argc, char **argv)
{
	if (argc == 4 && !strcmp(argv[1], "talk"))
		return talk(argv[2], argv[3]);
	if (argc == 3 && !strcmp(argv[1], "calls"))
		return strcmp(argv[2], "i386") ? calls_native() : calls_i386();
	return 99;
}
