/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A guest for the tests of lodge: a kernel of a few small files, independent of
 * the Lodger kernel, that starts as PV and as PVH and ends in whatever way a test
 * wants. Its command line:
 *
 *	poweroff | reboot | crash	prints "tiny: ..." and shuts down so
 *	status=N	leaves the exit status N in the store, then powers off
 *	lines=N		prints N numbered lines, as fast as the console takes them, powers off
 *	wait		lives until control/shutdown asks for something
 *	forever		lives until it is destroyed, whatever it is asked
 */
#include "tiny.h"

#include <xen/sched.h>

struct tiny tiny;

char shared_page[4096] __attribute__((aligned(4096)));
char stack[16384] __attribute__((aligned(16)));

/* The same registers for all three; not all of them survive. */
#define CALL(instruction)                                          \
	__asm__ volatile(instruction                               \
			 : "+a"(result), "+D"(a), "+S"(b), "+d"(c) \
			 :                                         \
			 : "rcx", "r11", "r10", "r8", "memory")

long hypercall(long number, long a, long b, long c)
{
	long result = number;

	switch (tiny.gate) {
	case SYSCALL:
		CALL("syscall");
		break;
	case VMCALL:
		CALL("vmcall");
		break;
	case VMMCALL:
		CALL("vmmcall");
		break;
	}
	return result;
}

static void shut_down(unsigned reason) __attribute__((noreturn));
static void shut_down(unsigned reason)
{
	struct sched_shutdown shutdown = {.reason = reason};

	for (;;)
		hypercall(__HYPERVISOR_sched_op, SCHEDOP_shutdown, (long)&shutdown, 0);
}

static void notify(evtchn_port_t port)
{
	struct evtchn_send send = {.port = port};

	hypercall(__HYPERVISOR_event_channel_op, EVTCHNOP_send, (long)&send, 0);
}

/* Sleeps until the other side of the port has something to say. */
static void await(evtchn_port_t port)
{
	struct sched_poll poll = {.nr_ports = 1};

	set_xen_guest_handle(poll.ports, &port);
	hypercall(__HYPERVISOR_sched_op, SCHEDOP_poll, (long)&poll, 0);
	__atomic_and_fetch(&tiny.shared->evtchn_pending[port / 64], ~(1ul << port % 64),
			   __ATOMIC_SEQ_CST);
}

static void put(char c)
{
	XENCONS_RING_IDX prod = tiny.console->out_prod;

	while (prod - __atomic_load_n(&tiny.console->out_cons, __ATOMIC_ACQUIRE) >=
	       sizeof(tiny.console->out)) {
		notify(tiny.console_port);
		await(tiny.console_port);
	}
	tiny.console->out[prod % sizeof(tiny.console->out)] = c;
	__atomic_store_n(&tiny.console->out_prod, prod + 1, __ATOMIC_RELEASE);
}

static void print(const char *text)
{
	for (; *text; text++)
		put(*text);
}

static void print_number(unsigned long number)
{
	if (number >= 10)
		print_number(number / 10);
	put((char)('0' + number % 10));
}

static void print_lines(unsigned long count)
{
	for (unsigned long i = 1; i <= count; i++) {
		print("line ");
		print_number(i);
		print("\r\n");
	}
	notify(tiny.console_port);
}

static void store_send(const char *data, unsigned size)
{
	for (unsigned i = 0; i < size; i++) {
		XENSTORE_RING_IDX prod = tiny.store->req_prod;

		while (prod - __atomic_load_n(&tiny.store->req_cons, __ATOMIC_ACQUIRE) >=
		       XENSTORE_RING_SIZE)
			await(tiny.store_port);
		tiny.store->req[MASK_XENSTORE_IDX(prod)] = data[i];
		__atomic_store_n(&tiny.store->req_prod, prod + 1, __ATOMIC_RELEASE);
	}
}

static void store_receive(char *data, unsigned size, unsigned room)
{
	for (unsigned i = 0; i < size; i++) {
		XENSTORE_RING_IDX cons = tiny.store->rsp_cons;
		char c;

		while (__atomic_load_n(&tiny.store->rsp_prod, __ATOMIC_ACQUIRE) == cons)
			await(tiny.store_port);
		c = tiny.store->rsp[MASK_XENSTORE_IDX(cons)];
		if (i < room)
			data[i] = c;
		__atomic_store_n(&tiny.store->rsp_cons, cons + 1, __ATOMIC_RELEASE);
	}
	notify(tiny.store_port);
}

/* The next message: its type; what fits of its payload, with a NUL behind it. */
static unsigned store_next(char *payload, unsigned room)
{
	struct xsd_sockmsg header = {0};

	store_receive((char *)&header, sizeof(header), sizeof(header));
	store_receive(payload, header.len, room - 1);
	payload[header.len < room - 1 ? header.len : room - 1] = '\0';
	return header.type;
}

static void store_ask(unsigned type, const char *payload, unsigned size)
{
	struct xsd_sockmsg header = {.type = type, .len = size};

	store_send((const char *)&header, sizeof(header));
	store_send(payload, size);
	notify(tiny.store_port);
}

static const char *argument(const char *line, const char *name)
{
	while (*name && *line == *name)
		line++, name++;
	return *name ? NULL : line;
}

static unsigned length(const char *text)
{
	unsigned size = 0;

	while (text[size])
		size++;
	return size;
}

static void leave_status(const char *status)
{
	static const char path[] = "data/lodger/exit-status";
	char request[64], reply[16];
	unsigned size = 0;

	for (unsigned i = 0; i < sizeof(path); i++)
		request[size++] = path[i];
	for (unsigned i = 0; i < length(status) && size < sizeof(request); i++)
		request[size++] = status[i];
	store_ask(XS_WRITE, request, size);
	store_next(reply, sizeof(reply));
}

static void obey(void)
{
	static const char watch[] = "control/shutdown\0token";
	char payload[64];

	store_ask(XS_WATCH, watch, sizeof(watch));
	for (;;) {
		unsigned type = store_next(payload, sizeof(payload));

		if (type == XS_WATCH_EVENT)
			store_ask(XS_READ, watch, sizeof("control/shutdown"));
		if (type == XS_READ && *payload) {
			print("tiny: asked to ");
			print(payload);
			print("\r\n");
			notify(tiny.console_port);
			shut_down(argument(payload, "reboot") ? SHUTDOWN_reboot
							      : SHUTDOWN_poweroff);
		}
	}
}

static unsigned long number_of(const char *text)
{
	unsigned long number = 0;

	while (*text >= '0' && *text <= '9')
		number = number * 10 + (unsigned long)(*text++ - '0');
	return number;
}

void tiny_main(void)
{
	const char *line = tiny.command_line, *value;

	print("tiny: ");
	print(line);
	print("\r\n");
	notify(tiny.console_port);

	if (argument(line, "reboot"))
		shut_down(SHUTDOWN_reboot);
	if (argument(line, "crash"))
		shut_down(SHUTDOWN_crash);
	if ((value = argument(line, "status=")))
		leave_status(value);
	if ((value = argument(line, "lines=")))
		print_lines(number_of(value));
	if (argument(line, "wait"))
		obey();
	while (argument(line, "forever"))
		await(tiny.store_port);
	shut_down(SHUTDOWN_poweroff);
}
