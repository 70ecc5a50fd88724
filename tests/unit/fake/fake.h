/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A Xen of one process: what the guest's hypercalls and shared pages meet on the host.
 *
 * The shipping sources run here unmodified. Below them only the asm primitive of hypercall/ and the
 * machine (unikernel/arch) are replaced; everything on this side of the seam keeps Xen's own rules,
 * so that what the guest may not do is noticed:
 *
 *   guest's C, as shipped      front ends, xenbus, core
 *   ------------------------   the seam: hypercall5() and arch.h
 *   fake/xen.c                 dispatch, SCHEDOP_poll, the clock
 *   fake/{evtchn,gnttab}.c     ports and grants, seen from both ends
 *   fake/{console,xenstored}.c the other ends of the two rings that every guest has
 *   fake/{netback,blkback}*.c  two back ends, correct unless a test bids them otherwise
 *   fake/platter.c             a disk that loses what was not flushed when its power fails
 *   fake/net{user,raw}.c       who uses a network device, and who is hostile to it
 *
 * The others run when the guest idles, which is in SCHEDOP_poll, and nowhere else: with cooperative
 * threads on both sides every run is the same run. When the guest sleeps and nobody has anything to
 * do, the clock jumps to the next deadline; a sleep that nothing can end is a violation.
 */
#ifndef FAKE_FAKE_H
#define FAKE_FAKE_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <xen/xen.h>
#include <xen/event_channel.h>
#include <xen/grant_table.h>
#include <xen/sched.h>

#define FAKE_GUEST     7 /* domid of the guest under test */
#define FAKE_DOM0      0
#define FAKE_PAGE_SIZE 4096u

/*
 * The guest did what real Xen or a real back end would punish, or what would hang it. Prints and
 * aborts: a fuzzer counts it as a crash, a unit test as a failure.
 */
void fake_violation(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));

/* --- memory: the guest's pages lie low, so that va == pfn << 12 holds as it does under Xen --- */

#define FAKE_MEMORY_START 0x10000000ul
#define FAKE_MEMORY_PAGES 16384u

/* arch_map_chunk gives no more memory. */
extern bool fake_chunks_refused;

/* Maps the guest's memory; every other call needs it. Contents are undefined, as under Xen. */
void fake_memory_map(void);
/* The pages that the fake keeps for itself at the start: rings and tables shared with the guest. */
void *fake_memory_reserve(size_t pages);
/* What is left is the guest's, from this page on; out of its reach until fake_memory_open. */
uint64_t fake_memory_close(void);
void fake_memory_open(uint64_t gfn, size_t pages);
/* The page of a guest frame, or NULL when the guest has no such frame. */
void *fake_memory_frame(uint64_t gfn);

/* --- the machine: hypercalls, clock, the others --- */

/* What hypercall/asm.h calls. Returns Xen's numbers (negative Xen errno). */
long fake_hypercall(unsigned op, unsigned long a1, unsigned long a2, unsigned long a3,
		    unsigned long a4, unsigned long a5);

struct shared_info *fake_shared_info(void);

uint64_t fake_clock_ns(void);	      /* Xen's system time */
void fake_clock_advance(uint64_t ns); /* what happens to be due on the way happens */
uint64_t fake_clock_tsc(void);	      /* each look takes the clock 10 ns further */

/*
 * Writes the time pages as Xen does on each vCPU switch, odd version while it writes. The offset is
 * that of the wall clock: wall time = offset + system time.
 */
void fake_clock_publish(uint64_t wall_offset_ns);

/* Another domain: `step` does what it can and says whether it did anything. */
void fake_other_add(bool (*step)(void *self), void *self);
/* Calls `fire` once, when the clock reaches `at_ns`. */
void fake_timer_add(uint64_t at_ns, void (*fire)(void *self), void *self);
/* Lets all others run until none has anything to do; the clock stands still. */
void fake_others_run(void);

/* How often the guest made each hypercall, and how it ended (SHUTDOWN_*; -1 while it runs). */
unsigned long fake_hypercalls(unsigned op);
int fake_shutdown_reason(void);
/* Called when the guest shuts down, instead of a violation; must not return. */
extern void (*fake_on_shutdown)(int reason);
/* When set, sees each hypercall first; a non-zero return is the guest's answer. */
extern long (*fake_hypercall_spy)(unsigned op, unsigned long a1, unsigned long a2);

/* --- event channels (evtchn.c) --- */

/* The nth unbound port that the guest asks for from now on is refused: Xen has none left. 0: none is. */
void fake_evtchn_refuse(unsigned long nth);

/* The end of a channel that another domain holds. */
struct fake_channel {
	domid_t domid;
	evtchn_port_t guest_port;
	bool open;	    /* the guest's end is bound to us */
	bool pending;	    /* the guest has sent since we last looked */
	unsigned long sent; /* how often the guest sent */
};

long fake_evtchn_op(int command, void *arg);
/* A channel that exists before the guest starts, as the store's and the console's do. */
struct fake_channel *fake_channel_make(domid_t domid);
/* Binds to a port that the guest allocated for `domid`; NULL if it did not. */
struct fake_channel *fake_channel_bind(domid_t domid, evtchn_port_t guest_port);
/* A port of another domain that the guest may bind to with bind_interdomain. */
evtchn_port_t fake_channel_offer(domid_t domid, struct fake_channel **channel);
void fake_channel_notify(struct fake_channel *channel);
bool fake_channel_take(struct fake_channel *channel); /* was it pending? it is no more */
void fake_channel_close(struct fake_channel *channel);
void fake_virq_raise(unsigned virq);
bool fake_evtchn_pending(evtchn_port_t port);
/* Ports that the guest holds now. */
unsigned fake_evtchn_in_use(void);

/* --- grants (gnttab.c) --- */

#define FAKE_GRANT_FRAMES   16u
#define FAKE_GRANTS_A_FRAME (FAKE_PAGE_SIZE / sizeof(grant_entry_v1_t))
#define FAKE_GRANTS	    (FAKE_GRANT_FRAMES * FAKE_GRANTS_A_FRAME)

long fake_gnttab_op(unsigned command, void *arg, unsigned count);
/* For the seam: the guest maps frame `index` of the table at `page`. */
int fake_gnttab_place(unsigned index, void *page);
grant_entry_v1_t *fake_gnttab_entry(grant_ref_t ref);
extern unsigned fake_gnttab_frames_max; /* how long the table may become */
/* Maps a grant for `domid`; GNTST_* in *status. NULL unless GNTST_okay. */
void *fake_gnttab_map(domid_t domid, grant_ref_t ref, bool readonly, int *status);
/* Checks that the guest kept its hands off while the page was mapped. */
void fake_gnttab_unmap(grant_ref_t ref, bool readonly);
/* Copies through a grant as GNTTABOP_copy does; returns GNTST_*. */
int fake_gnttab_copy_from(domid_t domid, grant_ref_t ref, size_t offset, void *to, size_t len);
int fake_gnttab_copy_to(domid_t domid, grant_ref_t ref, size_t offset, const void *from,
			size_t len);
/* Grants that the guest has given out now; those of them that are mapped. */
unsigned fake_gnttab_granted(void);
unsigned fake_gnttab_mapped(void);

/* --- console (console.c) --- */

/* Nobody reads the ring while `reading` is false: it fills up, as it does without xenconsoled. */
void fake_console_start(void);
void fake_console_reading(bool reading);
/* All that the guest has written and the console has read. Ends in NUL. */
const char *fake_console_output(void);
void fake_console_clear(void);
/* Types text; returns how many bytes fitted into the ring. */
size_t fake_console_type(const char *text);
struct xencons_interface *fake_console_ring(void);
evtchn_port_t fake_console_port(void);
/* Counts the lines in the output that contain `word`. */
unsigned fake_console_lines_with(const char *word);

#endif
