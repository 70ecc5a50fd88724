/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Xen's accounting of processor time, told to whoever measures (apps/bench/meter.h).
 *
 *   meter serve DOMID PORT [FOLDER]
 *           answers at the port, one connection after the other, until it is killed. With a
 *           FOLDER, what the domain does in each sample is counted by `exits` as well, into
 *           FOLDER/FIGURE.N; that takes time, so times of such samples mean nothing.
 *   meter run DOMID COMMAND [ARGUMENT…]
 *           runs the command; one line of JSON says what was used meanwhile.
 *           A profiler, if there is one, is told where a command or a sample begins and ends
 *           (tests/bench/profile).
 *   meter pages FILE
 *           lists the machine's pages that are dom0's: "FIRST LAST", in hexadecimal, a line.
 *   meter hold
 *           (of its own, for `exits` to run: says by descriptor 3 that it has begun, and ends
 *           when descriptor 4 does.)
 */
#include <arpa/inet.h>
#include <endian.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <xenctrl.h>

#include "apps/bench/meter.h"
#include "tests/bench/command.h"
#include "tests/bench/profile/mark.h"

#define CPUS	     64
#define PAGES_A_CALL 1024

struct reading {
	uint64_t now_ns, guest_ns, dom0_ns, idle_ns, events;
};

static xc_interface *xc;
static uint32_t domid;
static const char *folder; /* NULL: nothing is counted */

static int cpu_time(uint32_t of, uint64_t *ns)
{
	xc_domaininfo_t info;

	if (xc_domain_getinfolist(xc, of, 1, &info) != 1 || info.domain != of) {
		errno = ESRCH;
		return fail("the domain");
	}
	*ns = info.cpu_time;
	return 0;
}

static int idle_time(uint64_t *ns)
{
	xc_cpuinfo_t info[CPUS];
	int count;

	if (xc_getcpuinfo(xc, CPUS, info, &count))
		return fail("xc_getcpuinfo");
	*ns = 0;
	for (int i = 0; i < count; i++)
		*ns += info[i].idletime;
	return 0;
}

/*
 * What netback was sent, which names its interrupts vif5.0-q0-tx or so, and blkback, which has one name
 * for all: there is one domain at a time. A line of /proc/interrupts is "NUMBER: COUNT… NAME".
 */
static uint64_t backend_events(void)
{
	FILE *file = fopen("/proc/interrupts", "re");
	char line[1024], name[32];
	uint64_t events = 0;

	snprintf(name, sizeof(name), "vif%u.", domid);
	while (file && fgets(line, sizeof(line), file)) {
		char *rest = strchr(line, ':'), *end;

		if (!rest || (!strstr(line, name) && !strstr(line, "blkif-backend")))
			continue;
		for (rest++;; rest = end) {
			const uint64_t count = strtoull(rest, &end, 10);

			if (end == rest)
				break;
			events += count;
		}
	}
	if (file)
		fclose(file);
	return events;
}

static int reading_take(struct reading *reading)
{
	struct timespec now;

	reading->events = backend_events();
	clock_gettime(CLOCK_MONOTONIC, &now);
	reading->now_ns = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
	return cpu_time(domid, &reading->guest_ns) || cpu_time(0, &reading->dom0_ns) ||
	       idle_time(&reading->idle_ns);
}

/* --- counting: `exits` runs `meter hold` for as long as a sample lasts --- */

static pid_t exits_pid;
static int exits_end = -1; /* closed, it ends the hold */

static int exits_start(const char *figure)
{
	static unsigned int number;
	char file[512], of[16], begun;
	int begin[2], end[2];

	snprintf(file, sizeof(file), "%s/%s.%u", folder, figure, number++);
	snprintf(of, sizeof(of), "%u", domid);
	if (pipe2(begin, O_CLOEXEC) || pipe2(end, O_CLOEXEC))
		return fail("pipe");
	exits_pid = fork();
	if (exits_pid == 0) {
		char *argv[] = {"exits", "-d", of, "-o", file, "/proc/self/exe", "hold", NULL};
		char self[512] = "";

		/* exits will be another program by the time that it runs this one. */
		if (readlink("/proc/self/exe", self, sizeof(self) - 1) > 0)
			argv[5] = self;
		if (dup2(begin[1], 10) >= 0 && dup2(end[0], 11) >= 0 && dup2(10, 3) >= 0 &&
		    dup2(11, 4) >= 0)
			execvp(argv[0], argv);
		_exit(127);
	}
	close(begin[1]);
	close(end[0]);
	exits_end = end[1];
	if (exits_pid < 0 || read(begin[0], &begun, 1) != 1)
		return fail("exits");
	close(begin[0]);
	return 0;
}

static int exits_stop(void)
{
	int status;

	close(exits_end);
	if (waitpid(exits_pid, &status, 0) != exits_pid || status != 0) {
		errno = EIO;
		return fail("exits");
	}
	return 0;
}

static int hold(void)
{
	char byte = 0;

	if (write(3, &byte, 1) != 1)
		return fail("hold");
	while (read(4, &byte, 1) > 0)
		;
	return 0;
}

/* --- the server --- */

static bool all(ssize_t done, size_t wanted)
{
	return done == (ssize_t)wanted;
}

/* A file of that name will be made: letters, digits, dots and hyphens. */
static bool good_name(const char *name, size_t size)
{
	const size_t length = strnlen(name, size);

	return length > 0 && length < size && name[0] != '.' &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789.-") == length;
}

static int answer_make(struct meter_request *request, struct meter_answer *answer)
{
	const bool begin = ntohl(request->begin) != 0;
	struct reading reading;

	if (!begin && !folder)
		PROFILE_MARK(PROFILE_END);
	if (!begin && folder && exits_stop())
		return 1;
	if (begin && folder && exits_start(request->figure))
		return 1;
	if (reading_take(&reading))
		return 1;
	*answer = (struct meter_answer){
		.magic = htonl(METER_MAGIC),
		.guest_ns = htobe64(reading.guest_ns),
		.dom0_ns = htobe64(reading.dom0_ns),
		.idle_ns = htobe64(reading.idle_ns),
		.events = htobe64(reading.events),
	};
	if (begin && !folder)
		PROFILE_MARK(PROFILE_BEGIN);
	return 0;
}

/* 1: this program cannot go on. A guest that talks nonsense loses its connection only. */
static int connection_serve(int fd)
{
	struct meter_request request;
	struct meter_answer answer;
	int on = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	while (all(recv(fd, &request, sizeof(request), MSG_WAITALL), sizeof(request))) {
		if (ntohl(request.magic) != METER_MAGIC ||
		    !good_name(request.figure, sizeof(request.figure)))
			return 0;
		if (answer_make(&request, &answer))
			return 1;
		if (!all(send(fd, &answer, sizeof(answer), MSG_NOSIGNAL), sizeof(answer)))
			return 0;
	}
	return 0;
}

static int serve(uint16_t port)
{
	const struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons(port)};
	const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
	int status = 0;

	if (listener < 0 || setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
	    bind(listener, (const struct sockaddr *)&any, sizeof(any)) != 0 ||
	    listen(listener, 4) != 0)
		return fail("the port");
	while (status == 0) {
		const int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

		if (fd < 0)
			continue;
		status = connection_serve(fd);
		close(fd);
	}
	return status;
}

static int run(char *argv[])
{
	struct reading begin, end;
	int status;

	if (reading_take(&begin))
		return 1;
	PROFILE_MARK(PROFILE_BEGIN);
	status = command_run(argv);
	PROFILE_MARK(PROFILE_END);
	if (status || reading_take(&end))
		return 1;
	printf("{\"elapsed_ns\":%" PRIu64 ",\"guest_ns\":%" PRIu64 ",\"dom0_ns\":%" PRIu64
	       ",\"idle_ns\":%" PRIu64 ",\"events_out\":%" PRIu64 "}\n",
	       end.now_ns - begin.now_ns, end.guest_ns - begin.guest_ns,
	       end.dom0_ns - begin.dom0_ns, end.idle_ns - begin.idle_ns, end.events - begin.events);
	return 0;
}

/* Xen tells the type of a page of a PV domain's, and that another is none. */
static int pages_list(const char *name)
{
	FILE *file = fopen(name, "we");
	unsigned long most = 0, first = 0;
	bool within = false;
	struct xen_domctl domctl = {
		.cmd = XEN_DOMCTL_getpageframeinfo3,
		.interface_version = XEN_DOMCTL_INTERFACE_VERSION,
		.domain = 0,
		.u.getpageframeinfo3.num = PAGES_A_CALL,
	};
	DECLARE_HYPERCALL_BUFFER(xen_pfn_t, type);

	type = xc_hypercall_buffer_alloc(xc, type, PAGES_A_CALL * sizeof(*type));
	if (!type || !file || xc_maximum_ram_page(xc, &most))
		return fail(name);
	for (unsigned long page = 0; page <= most; page += PAGES_A_CALL) {
		for (unsigned int i = 0; i < PAGES_A_CALL; i++)
			type[i] = page + i;
		set_xen_guest_handle(domctl.u.getpageframeinfo3.array, type);
		if (xc_domctl(xc, &domctl))
			return fail("getpageframeinfo3");
		for (unsigned int i = 0; i < PAGES_A_CALL; i++) {
			const bool owned = type[i] != XEN_DOMCTL_PFINFO_XTAB;

			if (owned && !within)
				first = page + i;
			if (!owned && within)
				fprintf(file, "%lx %lx\n", first, page + i - 1);
			within = owned;
		}
	}
	return fclose(file) ? fail(name) : 0;
}

int main(int argc, char *argv[])
{
	const bool listing = argc == 3 && !strcmp(argv[1], "pages");
	const bool serving = argc >= 4 && argc <= 5 && !strcmp(argv[1], "serve");

	if (argc == 2 && !strcmp(argv[1], "hold"))
		return hold();
	if (!serving && !listing && (argc < 4 || strcmp(argv[1], "run") != 0)) {
		fprintf(stderr, "usage: meter serve DOMID PORT [FOLDER]\n"
				"       meter run DOMID COMMAND [ARGUMENT…]\n"
				"       meter pages FILE\n");
		return 2;
	}
	domid = listing ? 0 : (uint32_t)strtoul(argv[2], NULL, 10);
	folder = serving ? argv[4] : NULL;
	xc = xc_interface_open(NULL, NULL, 0);
	if (!xc)
		return fail("libxenctrl");
	if (listing)
		return pages_list(argv[2]);
	return serving ? serve((uint16_t)strtoul(argv[3], NULL, 10)) : run(argv + 3);
}
