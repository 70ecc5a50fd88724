/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An HVM guest has a device model: a QEMU that emulates disks and network cards for the firmware.
 * They are the same disks and networks that the back ends serve, so a guest with front ends unplugs
 * the emulated ones before it touches either (Xen's docs/misc/hvm-emulated-unplug; product numbers:
 * xen/hvm/pvdrivers.h). A PVH guest has none of this: nobody answers at the ports.
 */
#include "unikernel/arch/x86/hvm/hvm.h"

#define UNPLUG_MAGIC_PORT     0x10
#define UNPLUG_VERSION_PORT   0x12
#define UNPLUG_MAGIC	      0x49d2
#define UNPLUG_DISKS	      (1u << 0)
#define UNPLUG_NETWORK	      (1u << 1)
#define UNPLUG_NVME	      (1u << 3)
#define PRODUCT_EXPERIMENTAL  0xffff
#define BUILD_NUMBER	      1

#define TIMER_COMMAND_PORT    0x43
#define TIMER_COUNT_PORT      0x40
#define TIMER_ONE_SHOT	      0x30 /* counter 0, both bytes, mode 0 */
#define INTERRUPTS_MASK_PORT  0x21 /* … of the first controller; the second is behind it */
#define INTERRUPTS_MASKED_ALL 0xff

static void out8(uint16_t port, uint8_t value)
{
	__asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static void out16(uint16_t port, uint16_t value)
{
	__asm__ volatile("outw %0, %1" : : "a"(value), "Nd"(port));
}

static void out32(uint16_t port, uint32_t value)
{
	__asm__ volatile("outl %0, %1" : : "a"(value), "Nd"(port));
}

static uint8_t in8(uint16_t port)
{
	uint8_t value;

	__asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
	return value;
}

static uint16_t in16(uint16_t port)
{
	uint16_t value;

	__asm__ volatile("inw %1, %0" : "=a"(value) : "Nd"(port));
	return value;
}

/*
 * The firmware has left the interval timer running. Nobody listens, but Xen would wake up for each
 * of its 18 ticks a second: a counter that runs out once is quiet.
 */
static void timer_stop(void)
{
	out8(INTERRUPTS_MASK_PORT, INTERRUPTS_MASKED_ALL);
	out8(TIMER_COMMAND_PORT, TIMER_ONE_SHOT);
	out8(TIMER_COUNT_PORT, 0);
	out8(TIMER_COUNT_PORT, 0);
}

bool hvm_device_model_leave(void)
{
	if (in16(UNPLUG_MAGIC_PORT) != UNPLUG_MAGIC)
		return false;
	timer_stop();
	if (in8(UNPLUG_VERSION_PORT)) {
		out16(UNPLUG_VERSION_PORT, PRODUCT_EXPERIMENTAL);
		out32(UNPLUG_MAGIC_PORT, BUILD_NUMBER);
		if (in16(UNPLUG_MAGIC_PORT) != UNPLUG_MAGIC)
			return true; /* dom0 wants this guest to keep what is emulated */
	}
	out16(UNPLUG_MAGIC_PORT, UNPLUG_DISKS | UNPLUG_NETWORK | UNPLUG_NVME);
	return true;
}
