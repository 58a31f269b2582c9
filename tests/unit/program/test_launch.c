// SPDX-License-Identifier: BSD-2-Clause
/* The whole way of a program: namespaces, filter, listener, exec; as whoever runs this, and as an ordinary user. */
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>

#include <linux/capability.h>
#include <linux/close_range.h>

#include "program/launch.h"
#include "program/rights.h"

#include "stub_host.h"

#define ORDINARY 65534
#define HOST_NAME "host.sock"

/* Told by a process that can't try something. */
#define SKIPPED 77

static char self[256];

/* What the host says at the end of a run, in its exit status. */
enum { HOST_SERVED = 1, HOST_REFUSED = 2 };

static int failures;

static void expect(bool what, const char *text)
{
	if (what)
		return;
	fprintf(stderr, "%s\n", text);
	failures++;
}

/* ------------------------------------------------------------------ as the program */

static int count_devices(void)
{
	FILE *f = fopen("/proc/net/dev", "re");
	char line[256];
	int n = -2;

	while (f && fgets(line, sizeof(line), f))
		n++;
	if (f)
		fclose(f);
	return n;
}

static void expect_nothing_open(void)
{
	for (int fd = 3; fd < 256; fd++)
		expect(fcntl(fd, F_GETFD) < 0, "a descriptor was left open");
}

static int say_hello(void)
{
	char text[16] = "";
	int fd;

	expect_nothing_open();
	fd = socket(AF_INET, SOCK_STREAM, 0);
	expect(fd >= 0, "socket() fails");
	expect(read(fd, text, sizeof(text)) == sizeof(STUB_HELLO) && !strcmp(text, STUB_HELLO),
	       "the host's pair says something else");
	expect(send(fd, "x", 1, MSG_NOSIGNAL) == -1 && errno == EPIPE, "send() does not pass");
	expect(listen(fd, 1) == -1 && errno == EOPNOTSUPP, "listen() is not the host's");
	expect(socket(AF_VSOCK, SOCK_STREAM, 0) == -1 && errno == EAFNOSUPPORT, "AF_VSOCK");
	expect(syscall(SYS_io_uring_setup, 1, NULL) == -1 && errno == ENOSYS, "io_uring");
	close(fd);
	return failures ? 1 : 42;
}

static int program(const char *what)
{
	char text[64] = "";
	int n;

	if (!strcmp(what, "hello"))
		return say_hello();
	if (!strcmp(what, "signal"))
		return raise(SIGUSR1);
	if (!strcmp(what, "child")) {
		/* It outlives its parent, and its calls are answered still. */
		if (fork())
			return 7;
		usleep(100000);
		return say_hello();
	}
	if (!strcmp(what, "namespace")) {
		expect(count_devices() == 1, "there is more than loopback");
		expect(geteuid() == (uid_t)atoi(getenv("EXPECTED_UID")), "another user");
		expect(!rights_have(CAP_NET_ADMIN) || getenv("KEEPS_RIGHTS"), "CAP_NET_ADMIN");
		return failures ? 1 : 0;
	}
	if (!strcmp(what, "names")) {
		FILE *f = fopen("/etc/resolv.conf", "re");

		n = f ? (int)fread(text, 1, sizeof(text) - 1, f) : 0;
		expect(n > 0 && !strcmp(text, "nameserver 192.0.2.53\nnameserver 192.0.2.54\n"),
		       "another resolv.conf");
		return failures ? 1 : 0;
	}
	return 99;
}

/* ------------------------------------------------------------------ as the launcher */

static int warnings;

static void warn(const char *text)
{
	warnings++;
	fprintf(stderr, "warning: %s\n", text);
}

/* One way to start a program. */
struct start {
	char *argv[4];
	bool map_root;
	bool twice; /* under another host's filter already */
};

static void start_program(int dir, const struct start *how)
{
	struct launch l = { .argv = (char **)how->argv, .map_root = how->map_root, .warn = warn };
	char err[512] = "";
	enum launch_status status;

	l.control = control_socket_connect(dir, HOST_NAME);
	if (l.control < 0)
		_exit(98);
	status = launch(&l, err, sizeof(err));
	fprintf(stderr, "launch: %s\n", err);
	_exit((int)status);
}

/*
 * Serve one program until its last process is gone. Return: its wait status, the host being another
 * process than the program's parent, as with the command.
 */
static int run_on_stub(const struct start *how, enum stub_attach attach, const char *dns)
{
	char path[32];
	int dir = stub_directory(path), status = -1, fd;
	pid_t pid;

	if (dir < 0 || stub_create())
		return -1;
	host.attach = attach;
	host.dns = dns;
	fd = control_socket_bind(dir, HOST_NAME);
	if (fd < 0 || control_listen(host.control, fd))
		return -1;
	pid = fork();
	if (!pid)
		start_program(dir, how);
	stub_run();
	waitpid(pid, &status, 0);
	stub_destroy();
	unlinkat(dir, HOST_NAME, 0);
	close(dir);
	rmdir(path);
	return status;
}

static bool become_ordinary(void)
{
	return !setgroups(0, NULL) && !setresgid(ORDINARY, ORDINARY, ORDINARY) &&
	       !setresuid(ORDINARY, ORDINARY, ORDINARY);
}

/* Namespaces, for those who have no rights. */
static bool namespaces_work(void)
{
	int status = -1;
	pid_t pid = fork();

	if (!pid)
		_exit(syscall(SYS_unshare, 0x10000000 | 0x40000000) ? 1 : 0);
	waitpid(pid, &status, 0);
	return !status;
}

/*
 * The same in a process of its own that can change who it is. Return: as run_on_stub(), but SKIPPED where that
 * user can't have what is tried.
 */
static int run_as(bool ordinary, const struct start *how, enum stub_attach attach, const char *dns)
{
	int status = -1;
	pid_t pid = fork();

	if (!pid) {
		int result;

		if (ordinary && (!become_ordinary() || access(self, X_OK) || !namespaces_work()))
			_exit(SKIPPED);
		setenv("EXPECTED_UID", how->map_root || !geteuid() ? "0" : "65534", 1);
		if (rights_have(CAP_SYS_ADMIN))
			setenv("KEEPS_RIGHTS", "1", 1);
		result = run_on_stub(how, attach, dns);
		if (result >= 0 && WIFSIGNALED(result)) {
			signal(WTERMSIG(result), SIG_DFL);
			kill(getpid(), WTERMSIG(result));
		}
		_exit(result < 0 ? 97 : WEXITSTATUS(result));
	}
	waitpid(pid, &status, 0);
	if (WIFEXITED(status) && WEXITSTATUS(status) == SKIPPED)
		skip();
	return status;
}

static int exits(int status)
{
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* ------------------------------------------------------------------ tests */

static bool as_ordinary(void **state)
{
	if (*state && geteuid())
		skip();
	return *state != NULL;
}

static void a_program_has_its_calls_answered(void **state)
{
	const struct start how = { .argv = { self, (char *)"hello" } };

	assert_int_equal(exits(run_as(as_ordinary(state), &how, STUB_SERVES, NULL)), 42);
}

static void its_signal_is_the_end(void **state)
{
	const struct start how = { .argv = { self, (char *)"signal" } };
	int status = run_as(as_ordinary(state), &how, STUB_SERVES, NULL);

	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGUSR1);
}

static void its_children_are_served_when_it_is_gone(void **state)
{
	const struct start how = { .argv = { self, (char *)"child" } };

	assert_int_equal(exits(run_as(as_ordinary(state), &how, STUB_SERVES, NULL)), 7);
}

static void it_lives_in_namespaces(void **state)
{
	struct start how = { .argv = { self, (char *)"namespace" } };

	assert_int_equal(exits(run_as(as_ordinary(state), &how, STUB_SERVES, NULL)), 0);
	how.map_root = true;
	assert_int_equal(exits(run_as(as_ordinary(state), &how, STUB_SERVES, NULL)), 0);
}

static void it_asks_other_servers_for_names(void **state)
{
	const struct start how = { .argv = { self, (char *)"names" } };
	struct stat before, after;

	if (stat("/etc/resolv.conf", &before))
		skip();
	assert_int_equal(
		exits(run_as(as_ordinary(state), &how, STUB_SERVES, "192.0.2.53\ndns 192.0.2.54")),
		0);
	assert_int_equal(stat("/etc/resolv.conf", &after), 0);
	assert_int_equal(before.st_ino, after.st_ino);
}

static void what_can_not_be_executed_is_told(void **state)
{
	const struct start missing = { .argv = { (char *)"/no/such/program" } };
	const struct start directory = { .argv = { (char *)"/tmp" } };

	assert_int_equal(exits(run_as(as_ordinary(state), &missing, STUB_SERVES, NULL)),
			 LAUNCH_NOT_FOUND);
	assert_int_equal(exits(run_as(as_ordinary(state), &directory, STUB_SERVES, NULL)),
			 LAUNCH_NO_EXEC);
}

static void a_host_may_refuse(void **state)
{
	const struct start how = { .argv = { self, (char *)"hello" } };

	assert_int_equal(exits(run_as(as_ordinary(state), &how, STUB_REFUSES, NULL)),
			 LAUNCH_FAILED);
}

static int ordinary = 1;

#define AS_BOTH(test) cmocka_unit_test(test), cmocka_unit_test_prestate(test, &ordinary)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		AS_BOTH(a_program_has_its_calls_answered),
		AS_BOTH(its_signal_is_the_end),
		AS_BOTH(its_children_are_served_when_it_is_gone),
		AS_BOTH(it_lives_in_namespaces),
		AS_BOTH(it_asks_other_servers_for_names),
		AS_BOTH(what_can_not_be_executed_is_told),
		AS_BOTH(a_host_may_refuse),
	};

	if (argc == 2)
		return program(argv[1]);
	/* What whoever runs the tests has left open is not to be found in a program. */
	if (!realpath("/proc/self/exe", self) ||
	    syscall(SYS_close_range, 3, ~0U, CLOSE_RANGE_CLOEXEC))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
