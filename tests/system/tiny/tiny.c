/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A guest for the tests of lodge: a PV kernel of one file, independent of the
 * Lodger kernel, that ends in whatever way a test wants. Its command line:
 *
 *	poweroff | reboot | crash	prints "tiny: ..." and shuts down so
 *	status=N	leaves the exit status N in the store, then powers off
 *	lines=N		prints N numbered lines, as fast as the console takes them, powers off
 *	wait		lives until control/shutdown asks for something
 *	forever		lives until it is destroyed, whatever it is asked
 */
#include <stddef.h>
#include <stdint.h>

#include <xen/xen.h>
#include <xen/event_channel.h>
#include <xen/sched.h>
#include <xen/io/console.h>
#include <xen/io/xs_wire.h>

static start_info_t *info;
static shared_info_t *shared;
static struct xencons_interface *console;
static struct xenstore_domain_interface *store;

char shared_page[4096] __attribute__((aligned(4096)));
char stack[16384] __attribute__((aligned(16)));

void tiny_main(start_info_t *start) __attribute__((noreturn, used));

/* Xen starts us with start_info in rsi, on a stack of its own choosing. */
__asm__(".globl _start\n"
	"_start: cld\n"
	"	lea stack+16384(%rip), %rsp\n"
	"	mov %rsi, %rdi\n"
	"	call tiny_main\n");

#define NOTE(type, directive)                                                           \
	__asm__(".pushsection .note.Xen, \"a\", @note\n"                                \
		"	.balign 4\n	.long 4, 2f - 1f, " #type "\n	.asciz \"Xen\"\n" \
		"1:	" directive "\n2:	.balign 4\n.popsection\n")
NOTE(6, ".asciz \"tiny\"");    /* GUEST_OS */
NOTE(5, ".asciz \"xen-3.0\""); /* XEN_VERSION */
NOTE(8, ".asciz \"generic\""); /* LOADER */
NOTE(3, ".quad 0");	       /* VIRT_BASE: memory is mapped where it is */
NOTE(1, ".quad _start");       /* ENTRY */
NOTE(9, ".asciz \"yes\"");     /* PAE_MODE */
NOTE(10, ".asciz \"!writable_page_tables|pae_pgdir_above_4gb\""); /* FEATURES */

static long hypercall(long number, long a, long b, long c)
{
	long result = number;

	__asm__ volatile("syscall"
			 : "+a"(result), "+D"(a), "+S"(b), "+d"(c)
			 :
			 : "rcx", "r11", "r10", "r8", "memory");
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
	__atomic_and_fetch(&shared->evtchn_pending[port / 64], ~(1ul << port % 64),
			   __ATOMIC_SEQ_CST);
}

static void put(char c)
{
	XENCONS_RING_IDX prod = console->out_prod;

	while (prod - __atomic_load_n(&console->out_cons, __ATOMIC_ACQUIRE) >=
	       sizeof(console->out)) {
		notify(info->console.domU.evtchn);
		await(info->console.domU.evtchn);
	}
	console->out[prod % sizeof(console->out)] = c;
	__atomic_store_n(&console->out_prod, prod + 1, __ATOMIC_RELEASE);
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
	notify(info->console.domU.evtchn);
}

static void store_send(const char *data, unsigned size)
{
	for (unsigned i = 0; i < size; i++) {
		XENSTORE_RING_IDX prod = store->req_prod;

		while (prod - __atomic_load_n(&store->req_cons, __ATOMIC_ACQUIRE) >=
		       XENSTORE_RING_SIZE)
			await(info->store_evtchn);
		store->req[MASK_XENSTORE_IDX(prod)] = data[i];
		__atomic_store_n(&store->req_prod, prod + 1, __ATOMIC_RELEASE);
	}
}

static void store_receive(char *data, unsigned size, unsigned room)
{
	for (unsigned i = 0; i < size; i++) {
		XENSTORE_RING_IDX cons = store->rsp_cons;
		char c;

		while (__atomic_load_n(&store->rsp_prod, __ATOMIC_ACQUIRE) == cons)
			await(info->store_evtchn);
		c = store->rsp[MASK_XENSTORE_IDX(cons)];
		if (i < room)
			data[i] = c;
		__atomic_store_n(&store->rsp_cons, cons + 1, __ATOMIC_RELEASE);
	}
	notify(info->store_evtchn);
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
	notify(info->store_evtchn);
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
			notify(info->console.domU.evtchn);
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

void tiny_main(start_info_t *start)
{
	const uint64_t *pfns = (const uint64_t *)MACH2PHYS_VIRT_START;
	const char *line = (const char *)start->cmd_line, *value;

	info = start;
	console = (void *)(pfns[start->console.domU.mfn] << 12);
	store = (void *)(pfns[start->store_mfn] << 12);
	hypercall(__HYPERVISOR_update_va_mapping, (long)shared_page, (long)(start->shared_info | 3),
		  UVMF_INVLPG);
	shared = (void *)shared_page;

	print("tiny: ");
	print(line);
	print("\r\n");
	notify(info->console.domU.evtchn);

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
		await(info->store_evtchn);
	shut_down(SHUTDOWN_poweroff);
}
