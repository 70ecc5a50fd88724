/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "toolstack/wait.h"

#define FDS_MAX	 80
#define PAUSE_NS 1000000u

static int signal_fd = -1;
static bool shielded;
static bool cancelled;
static int signal_seen;

uint64_t time_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * SECOND_NS + (uint64_t)now.tv_nsec;
}

uint64_t time_after_s(unsigned seconds)
{
	return time_now_ns() + seconds * SECOND_NS;
}

static void ending_signals(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGHUP);
}

int wait_init(void)
{
	sigset_t set;

	ending_signals(&set);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return -errno;
	/* A reader that went away shows as EPIPE. */
	signal(SIGPIPE, SIG_IGN);
	signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return signal_fd < 0 ? -errno : 0;
}

int wait_pause(uint64_t deadline_ns)
{
	int error = time_now_ns() < deadline_ns ? wait_ready(NULL, 0, time_now_ns() + PAUSE_NS)
						: -ETIMEDOUT;

	return error == -ETIMEDOUT && time_now_ns() < deadline_ns ? 0 : error;
}

void wait_reset_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigprocmask(SIG_SETMASK, &set, NULL);
	signal(SIGPIPE, SIG_DFL);
}

bool wait_shield(bool on)
{
	bool before = shielded;

	shielded = on;
	return before;
}

int wait_signal(void)
{
	return signal_seen;
}

static int milliseconds_until(uint64_t deadline_ns)
{
	uint64_t now, left;

	if (deadline_ns == TIME_FOREVER)
		return -1;
	now = time_now_ns();
	if (now >= deadline_ns)
		return 0;
	left = (deadline_ns - now + 999999) / 1000000;
	return left > INT_MAX ? INT_MAX : (int)left;
}

static void take_signal(void)
{
	struct signalfd_siginfo info;

	if (read(signal_fd, &info, sizeof(info)) == sizeof(info)) {
		signal_seen = (int)info.ssi_signo;
		cancelled = true;
	}
}

int wait_ready(struct pollfd *fds, nfds_t count, uint64_t deadline_ns)
{
	struct pollfd all[FDS_MAX];
	int ready;

	if (count > FDS_MAX - 1)
		return -EINVAL;
	for (;;) {
		bool watching = !shielded;

		if (watching && cancelled)
			return -ECANCELED;
		for (nfds_t i = 0; i < count; i++)
			all[i + 1] = fds[i];
		all[0] = (struct pollfd){.fd = watching ? signal_fd : -1, .events = POLLIN};

		ready = poll(all, count + 1, milliseconds_until(deadline_ns));
		if (ready < 0 && errno != EINTR)
			return -errno;
		if (ready < 0)
			continue;
		if (!ready) {
			if (deadline_ns == TIME_FOREVER || time_now_ns() < deadline_ns)
				continue;
			return -ETIMEDOUT;
		}
		if (all[0].revents)
			take_signal();
		if (watching && cancelled)
			return -ECANCELED;
		for (nfds_t i = 0; i < count; i++)
			fds[i].revents = all[i + 1].revents;
		return 0;
	}
}

int wait_fd(int fd, short events, uint64_t deadline_ns)
{
	struct pollfd one = {.fd = fd, .events = events};

	return wait_ready(&one, 1, deadline_ns);
}

int wait_cancelled(void)
{
	int error = wait_ready(NULL, 0, 0);

	return error == -ECANCELED ? -ECANCELED : 0;
}
