// SPDX-License-Identifier: BSD-2-Clause
/* An image is brought from one state to another, by its maker and by who has only been handed its descriptors. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "program/image.h"

/* What a process says that is in no namespace of its own. */
#define SKIPPED 77

#define ORDINARY 65534

#define LO "device 1 lo 11001 65536 -\naddress 1 127.0.0.1 8 127.0.0.1 0.0.0.0\n"
#define A "device 2 a 11003 1500 02:00:00:00:00:01\n"
#define A_ADDRESS "address 2 192.0.2.1 24 192.0.2.1 192.0.2.255\n"
#define A_SUBNET "route 2 192.0.2.0 24 0.0.0.0 192.0.2.1 0\n"
#define A_DEFAULT "route 2 0.0.0.0 0 192.0.2.9 0.0.0.0 0\n"
#define B "device 3 b 11003 1400 02:00:00:00:00:02\n"

static struct image image;
static int failures;

static void expect(bool what, const char *text, int line)
{
	if (what)
		return;
	fprintf(stderr, "line %d: %s\n", line, text);
	failures++;
}

#define EXPECT(what) expect(what, #what, __LINE__)

/* Reads a file of this namespace. */
static const char *content(const char *path)
{
	static char text[8192];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);

	text[n > 0 ? n : 0] = '\0';
	close(fd);
	return text;
}

static bool has_route(const char *text)
{
	return strstr(content("/proc/net/route"), text);
}

static int mtu_of(const char *name)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq ifr = { 0 };
	int err;

	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", name);
	err = ioctl(fd, SIOCGIFMTU, &ifr);
	close(fd);
	return err ? -errno : ifr.ifr_mtu;
}

static void devices_come_and_go(void)
{
	const char *was = LO A A_ADDRESS A_SUBNET A_DEFAULT;

	EXPECT(!image_apply(&image, "", was));
	EXPECT(if_nametoindex("a") == 2 && mtu_of("a") == 1500);
	EXPECT(has_route("a\t00000000\t090200C0"));
	/* From now on as the host, which is not there and can't make any more queues. */
	image.opens = false;
	EXPECT(image.nr_spares == IMAGE_SPARES);
	EXPECT(!image_apply(&image, was, LO A A_ADDRESS A_SUBNET A_DEFAULT B));
	EXPECT(if_nametoindex("b") == 3 && mtu_of("b") == 1400 &&
	       image.nr_spares == IMAGE_SPARES - 1);
	EXPECT(!image_apply(&image, LO A A_ADDRESS A_SUBNET A_DEFAULT B, LO B));
	EXPECT(!if_nametoindex("a") && !has_route("\na\t"));
	EXPECT(image.nr_spares == IMAGE_SPARES && image.nr == 2);
	/* The queue that was left can be another one's. */
	for (int i = 0; i < 3 * IMAGE_SPARES; i++) {
		EXPECT(!image_apply(&image, LO B, LO B A A_ADDRESS A_SUBNET));
		EXPECT(if_nametoindex("a") == 2 && has_route("a\t000200C0"));
		EXPECT(!image_apply(&image, LO B A A_ADDRESS A_SUBNET, LO B));
		EXPECT(!if_nametoindex("a"));
	}
}

static void spares_end(void)
{
	char lines[1024] = LO;

	EXPECT(!image_apply(&image, "", LO));
	image.opens = false;
	for (int i = 0; i < IMAGE_SPARES + 2; i++)
		sprintf(lines + strlen(lines), "device %d x%d 11003 1500 02:00:00:00:00:%02x\n",
			i + 2, i, i);
	/* As many as there can be, and the reason for the others. */
	EXPECT(image_apply(&image, LO, lines) == -ENOSPC);
	EXPECT(if_nametoindex("x0") == 2 && if_nametoindex("x3") == 5 && !if_nametoindex("x4"));
	/* Nothing is taken back that was not there. */
	EXPECT(!image_apply(&image, lines, LO));
	EXPECT(!if_nametoindex("x0") && image.nr_spares == IMAGE_SPARES);
}

static void devices_change(void)
{
	EXPECT(!image_apply(&image, "", LO A A_ADDRESS A_SUBNET));
	image.opens = false;
	/* Its name, while it is up. */
	EXPECT(!image_apply(&image, LO A A_ADDRESS A_SUBNET,
			    LO "device 2 c 11003 1300 02:00:00:00:00:09\n" A_ADDRESS A_SUBNET));
	EXPECT(if_nametoindex("c") == 2 && mtu_of("c") == 1300 && has_route("c\t000200C0"));
	/* Down, and up again, where the routes are to be as before. */
	EXPECT(!image_apply(&image,
			    LO "device 2 c 11003 1300 02:00:00:00:00:09\n" A_ADDRESS A_SUBNET,
			    LO "device 2 c 1002 1300 02:00:00:00:00:09\n" A_ADDRESS));
	EXPECT(!has_route("\nc\t"));
	EXPECT(!image_apply(&image, LO "device 2 c 1002 1300 02:00:00:00:00:09\n" A_ADDRESS,
			    LO A A_ADDRESS A_SUBNET A_DEFAULT));
	EXPECT(if_nametoindex("a") == 2 && has_route("a\t000200C0") && has_route("a\t00000000"));
	/* Without a carrier. */
	EXPECT(!image_apply(
		&image, LO A A_ADDRESS A_SUBNET A_DEFAULT,
		LO "device 2 a 1003 1500 02:00:00:00:00:01\n" A_ADDRESS A_SUBNET A_DEFAULT));
	EXPECT(!strcmp(content("/sys/class/net/a/carrier"), "0\n") ||
	       !*content("/sys/class/net/a/carrier"));
	EXPECT(has_route("a\t00000000"));
}

static void lines_that_are_broken_change_nothing(void)
{
	EXPECT(!image_apply(&image, "", "dns 192.0.2.1\nunknown\n\n" LO A));
	EXPECT(image_apply(&image, LO A, LO A "address 2 192.0.2.1\n") == -EPROTO);
	EXPECT(image_apply(&image, LO A, LO A "address 2 192.0.2.x 24 0.0.0.0 0.0.0.0\n") ==
	       -EPROTO);
	EXPECT(image_apply(&image, LO A, LO A "route 2 10.0.0.0\n") == -EPROTO);
	EXPECT(image_apply(&image, LO A, LO A "device 7 x\n") == -EPROTO);
	/* Of a device that is not there. */
	EXPECT(!image_apply(&image, LO A, LO A "address 9 192.0.2.1 24 192.0.2.1 0.0.0.0\n"));
	EXPECT(if_nametoindex("a") == 2 && mtu_of("a") == 1500);
}

/* In the very namespace, nothing may be handed over: it would be the host's own network. */
static void own_network_is_not_taken(void)
{
	struct image other;
	int pair[2];

	image_init(&other);
	EXPECT(image_take(&other, IMAGE_RTNL, image.rtnl, NULL) == -EINVAL);
	EXPECT(image_take(&other, IMAGE_PACKET, image.packet, NULL) == -EINVAL);
	EXPECT(image_take(&other, IMAGE_SPARE, image.spare[0], NULL) == -EINVAL);
	EXPECT(!socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair));
	for (int part = IMAGE_RTNL; part <= IMAGE_DEVICE; part++)
		EXPECT(image_take(&other, (enum image_part)part, pair[0], "a") == -EINVAL);
	EXPECT(image_take(&other, IMAGE_DEVICE, image.spare[0], "a") == -EINVAL);
	close(pair[0]);
	close(pair[1]);
}

/* From elsewhere it is. */
static void what_is_elsewhere_is_taken(void)
{
	struct image other;

	image_init(&other);
	EXPECT(!image_apply(&image, "", LO A));
	EXPECT(!unshare(CLONE_NEWNET));
	EXPECT(image_take(&other, IMAGE_RTNL, image.packet, NULL) == -EINVAL);
	EXPECT(!image_take(&other, IMAGE_RTNL, dup(image.rtnl), NULL));
	EXPECT(image_take(&other, IMAGE_RTNL, image.rtnl, NULL) == -ENOSPC);
	EXPECT(!image_take(&other, IMAGE_PACKET, dup(image.packet), NULL));
	EXPECT(image_take(&other, IMAGE_DEVICE, image.device[1].fd, "b") == -EINVAL);
	EXPECT(!image_take(&other, IMAGE_DEVICE, dup(image.device[1].fd), "a"));
	EXPECT(image_take(&other, IMAGE_SPARE, image.device[1].fd, NULL) == -EINVAL);
	for (int i = 0; i < IMAGE_SPARES; i++)
		EXPECT(!image_take(&other, IMAGE_SPARE, dup(image.spare[i]), NULL));
	EXPECT(image_take(&other, IMAGE_SPARE, image.spare[0], NULL) == -ENOSPC);
	image_number(&other, LO A);
	EXPECT(other.device[1].ifindex == 2);
	EXPECT(!image_apply(&other, LO A, LO A A_ADDRESS A_SUBNET B));
	EXPECT(other.nr == 3 && other.device[2].ifindex == 3);
	/* It was made over there. */
	EXPECT(!if_nametoindex("b"));
	image_close(&other);
}

/* ------------------------------------------------------------------ across user namespaces */

static void be_ordinary(void)
{
	if (!geteuid() && (setgroups(0, NULL) || setresgid(ORDINARY, ORDINARY, ORDINARY) ||
			   setresuid(ORDINARY, ORDINARY, ORDINARY)))
		exit(SKIPPED);
	prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
}

/* The launcher: tells which descriptors there are, and looks in the end what has become of its network. */
static void launcher(int channel)
{
	char byte;

	if (unshare(CLONE_NEWUSER | CLONE_NEWNET) || image_open(&image) || !image.nr_spares)
		exit(SKIPPED);
	EXPECT(!image_apply(&image, "", LO A));
	EXPECT(write(channel, &image, sizeof(image)) == sizeof(image));
	EXPECT(read(channel, &byte, 1) == 1);
	EXPECT(if_nametoindex("b") == 3 && has_route("a\t000200C0"));
	exit(failures);
}

static int fetch(int pidfd, int number)
{
	return (int)syscall(SYS_pidfd_getfd, pidfd, number, 0);
}

/* The host's. */
static struct image here;

static void take_over(int channel, int pidfd)
{
	struct image there;

	image_init(&here);
	if (read(channel, &there, sizeof(there)) != sizeof(there))
		return;
	EXPECT(!image_take(&here, IMAGE_RTNL, fetch(pidfd, there.rtnl), NULL));
	EXPECT(!image_take(&here, IMAGE_PACKET, fetch(pidfd, there.packet), NULL));
	EXPECT(!image_take(&here, IMAGE_SPARE, fetch(pidfd, there.spare[0]), NULL));
	EXPECT(!image_take(&here, IMAGE_DEVICE, fetch(pidfd, there.device[1].fd), "a"));
	image_number(&here, LO A);
	EXPECT(!image_apply(&here, LO A, LO A A_ADDRESS A_SUBNET B));
	EXPECT(write(channel, "", 1) == 1);
}

/* The host has no rights but that the user namespace is its user's, and is not in it. */
static int as_its_user(void)
{
	int pair[2], status;
	pid_t pid;

	be_ordinary();
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		return 1;
	pid = fork();
	if (!pid) {
		close(pair[0]);
		launcher(pair[1]);
	}
	close(pair[1]);
	take_over(pair[0], (int)syscall(SYS_pidfd_open, pid, 0));
	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return 1;
	/* TAPs are there as long as somebody has their queues. */
	image_close(&here);
	return WEXITSTATUS(status) == SKIPPED ? SKIPPED : failures + WEXITSTATUS(status);
}

static void verdict(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == SKIPPED)
		skip();
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void test_its_user_keeps_it_in_step(void **state)
{
	pid_t pid = fork();

	if (!pid)
		exit(as_its_user());
	verdict(pid);
}

/* As root of a network of its own; the exit status is the number of failures. */
static int in_namespace(void (*test)(void))
{
	FILE *f;

	if (geteuid() && unshare(CLONE_NEWUSER))
		return SKIPPED;
	if (unshare(CLONE_NEWNET))
		return SKIPPED;
	f = fopen("/proc/sys/net/ipv6/conf/default/disable_ipv6", "we");
	if (f) {
		fputs("1", f);
		fclose(f);
	}
	if (image_open(&image) || !image.nr_spares)
		return SKIPPED;
	test();
	image_close(&image);
	return failures;
}

static void run(void (*test)(void))
{
	pid_t pid = fork();

	if (!pid)
		exit(in_namespace(test));
	verdict(pid);
}

#define IN_NAMESPACE(name)                    \
	static void test_##name(void **state) \
	{                                     \
		run(name);                    \
	}

IN_NAMESPACE(devices_come_and_go)
IN_NAMESPACE(spares_end)
IN_NAMESPACE(devices_change)
IN_NAMESPACE(lines_that_are_broken_change_nothing)
IN_NAMESPACE(own_network_is_not_taken)
IN_NAMESPACE(what_is_elsewhere_is_taken)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_devices_come_and_go),
		cmocka_unit_test(test_spares_end),
		cmocka_unit_test(test_devices_change),
		cmocka_unit_test(test_lines_that_are_broken_change_nothing),
		cmocka_unit_test(test_own_network_is_not_taken),
		cmocka_unit_test(test_what_is_elsewhere_is_taken),
		cmocka_unit_test(test_its_user_keeps_it_in_step),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
