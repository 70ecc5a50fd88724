/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Counts what guests cost Xen: exits by reason, hypercalls, traps and emulations of PV, scheduling.
 * Counts mean the same under emulation as on hardware, which times do not.
 *
 *   exits [-d DOMID] [-o FILE] [-b PAGES] COMMAND [ARGUMENT…]
 *           runs the command in dom0 while Xen traces, then prints the counts of the domains
 *           that ran meanwhile (or of that one) as report.h says, to FILE or standard output.
 *           PAGES of 4 KiB (1024) hold, for each processor, what has not been read yet; Xen
 *           takes the size of the first time until it reboots.
 *   exits [-d DOMID] [-o FILE] -i TRACE
 *           the same of a file (or - for standard input) that xentrace has written here.
 *
 * Exit status: the command's. 125 if anything failed, in particular if Xen had to drop records:
 * then nobody knows what ran when, which is said, and no figure is printed.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "report.h"
#include "trace.h"

#define FAILED 125

static int failure(const char *what)
{
	fprintf(stderr, "exits: %s: %s\n", what, strerror(errno));
	return FAILED;
}

/* Reads what is there: 1 if there was something, 0 at the end, -1 with errno. */
static int take(struct trace *trace, int fd)
{
	static unsigned char bytes[65536];
	const ssize_t length = read(fd, bytes, sizeof(bytes));

	if (length <= 0)
		return (int)length;
	return trace_read(trace, bytes, (size_t)length) ? -1 : 1;
}

/* xentrace with its output in a pipe; its pid, and *fd to read from. */
static pid_t xentrace_start(const char *pages, int *fd)
{
	int ends[2];
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC))
		return -1;
	pid = fork();
	if (pid == 0) {
		/* What it says of its masks is of no interest. */
		int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

		if (dup2(ends[1], STDOUT_FILENO) >= 0 && dup2(null, STDERR_FILENO) >= 0)
			execlp("xentrace", "xentrace", "-D", "-s", "50", "-S", pages, "-e",
			       TRACE_EVENT_MASK, "/dev/stdout", (char *)NULL);
		_exit(127);
	}
	close(ends[1]);
	*fd = ends[0];
	return pid;
}

/* A child has ended: read() returns, and the loop looks which. */
static void child_ended(int signal)
{
	(void)signal;
}

static pid_t command_start(char *argv[])
{
	const pid_t pid = fork();

	if (pid == 0) {
		execvp(argv[0], argv);
		failure(argv[0]);
		_exit(127);
	}
	return pid;
}

static int status_code(int status)
{
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* Runs the command under trace; its exit status, or FAILED. */
static int trace_command(struct trace *trace, const char *pages, char *argv[])
{
	/* No SA_RESTART: the end of the command must wake us, whether or not Xen has news. */
	const struct sigaction action = {.sa_handler = child_ended};
	int fd, got, status, code = -1;
	pid_t tracer, command = 0;

	sigaction(SIGCHLD, &action, NULL);
	tracer = xentrace_start(pages, &fd);
	if (tracer < 0)
		return failure("xentrace");
	for (;;) {
		got = take(trace, fd);
		if (got == 0)
			break;
		if (got < 0 && errno != EINTR)
			return failure("reading the trace");
		/* dom0 itself is traced: with its first records, tracing is on. */
		if (!command && got > 0)
			command = command_start(argv);
		if (command < 0)
			return failure("fork");
		if (command && code < 0 && waitpid(command, &status, WNOHANG) == command) {
			code = status_code(status);
			kill(tracer, SIGTERM);
		}
	}
	if (waitpid(tracer, &status, 0) != tracer || status_code(status) != 0 || code < 0) {
		fprintf(stderr,
			"exits: xentrace ended with status %d; is this dom0, and is nobody "
			"else tracing?\n",
			status_code(status));
		return FAILED;
	}
	return code;
}

static int trace_file(struct trace *trace, const char *name)
{
	int fd = strcmp(name, "-") ? open(name, O_RDONLY | O_CLOEXEC) : STDIN_FILENO, got;

	if (fd < 0)
		return failure(name);
	while ((got = take(trace, fd)) > 0)
		;
	return got < 0 ? failure(name) : 0;
}

static int usage(void)
{
	fprintf(stderr, "usage: exits [-d DOMID] [-o FILE] [-b PAGES] COMMAND [ARGUMENT…]\n"
			"       exits [-d DOMID] [-o FILE] -i TRACE\n");
	return FAILED;
}

int main(int argc, char *argv[])
{
	const char *input = NULL, *output = NULL, *pages = "1024";
	uint32_t domid = DOMID_UNKNOWN;
	static struct trace trace;
	int option, code;
	FILE *out;

	while ((option = getopt(argc, argv, "+d:o:b:i:")) != -1) {
		switch (option) {
		case 'd':
			domid = (uint32_t)strtoul(optarg, NULL, 10);
			break;
		case 'o':
			output = optarg;
			break;
		case 'b':
			pages = optarg;
			break;
		case 'i':
			input = optarg;
			break;
		default:
			return usage();
		}
	}
	if (!input == (optind == argc))
		return usage();
	trace_init(&trace);
	code = input ? trace_file(&trace, input) : trace_command(&trace, pages, argv + optind);
	if (trace.lost) {
		fprintf(stderr,
			"exits: Xen dropped %llu records, so there are no figures; reboot and give "
			"more pages with -b\n",
			(unsigned long long)trace.lost);
		return FAILED;
	}
	trace_sort(&trace);
	out = output ? fopen(output, "we") : stdout;
	if (!out || report(&trace, domid, out))
		return failure(output ? output : "standard output");
	return code;
}
