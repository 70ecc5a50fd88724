/* SPDX-License-Identifier: BSD-2-Clause */
#include "names.h"

#include <cpuid.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <xen/xen.h>
#include <xen/trace.h>

#define COUNT(table) (sizeof(table) / sizeof(*(table)))

/* AMD's exit codes from this one on, and the one that stands alone. */
#define SVM_INTR 0x60
#define SVM_NPF	 0x400

static const char *const svm_exit[] = {
	"INTR",		 "NMI",	       "SMI",	     "INIT",	  "VINTR",
	"CR0_SEL_WRITE", "IDTR_READ",  "GDTR_READ",  "LDTR_READ", "TR_READ",
	"IDTR_WRITE",	 "GDTR_WRITE", "LDTR_WRITE", "TR_WRITE",  "RDTSC",
	"RDPMC",	 "PUSHF",      "POPF",	     "CPUID",	  "RSM",
	"IRET",		 "SWINT",      "INVD",	     "PAUSE",	  "HLT",
	"INVLPG",	 "INVLPGA",    "IOIO",	     "MSR",	  "TASK_SWITCH",
	"FERR_FREEZE",	 "SHUTDOWN",   "VMRUN",	     "VMMCALL",	  "VMLOAD",
	"VMSAVE",	 "STGI",       "CLGI",	     "SKINIT",	  "RDTSCP",
	"ICEBP",	 "WBINVD",     "MONITOR",    "MWAIT",	  "MWAIT_CONDITIONAL",
	"XSETBV",	 "RDPRU",
};

static const char *const vmx_exit[] = {
	[0] = "EXCEPTION_NMI",
	[1] = "EXTERNAL_INTERRUPT",
	[2] = "TRIPLE_FAULT",
	[3] = "INIT",
	[4] = "SIPI",
	[7] = "PENDING_VIRT_INTR",
	[8] = "PENDING_VIRT_NMI",
	[9] = "TASK_SWITCH",
	[10] = "CPUID",
	[12] = "HLT",
	[13] = "INVD",
	[14] = "INVLPG",
	[15] = "RDPMC",
	[16] = "RDTSC",
	[17] = "RSM",
	[18] = "VMCALL",
	[28] = "CR_ACCESS",
	[29] = "DR_ACCESS",
	[30] = "IO_INSTRUCTION",
	[31] = "MSR_READ",
	[32] = "MSR_WRITE",
	[33] = "INVALID_GUEST_STATE",
	[36] = "MWAIT_INSTRUCTION",
	[37] = "MONITOR_TRAP_FLAG",
	[39] = "MONITOR_INSTRUCTION",
	[40] = "PAUSE_INSTRUCTION",
	[41] = "MCE_DURING_VMENTRY",
	[43] = "TPR_BELOW_THRESHOLD",
	[44] = "APIC_ACCESS",
	[45] = "EOI_INDUCED",
	[46] = "ACCESS_GDTR_OR_IDTR",
	[47] = "ACCESS_LDTR_OR_TR",
	[48] = "EPT_VIOLATION",
	[49] = "EPT_MISCONFIG",
	[51] = "RDTSCP",
	[52] = "VMX_PREEMPTION_TIMER_EXPIRED",
	[54] = "WBINVD",
	[55] = "XSETBV",
	[56] = "APIC_WRITE",
	[58] = "INVPCID",
	[59] = "VMFUNC",
	[62] = "PML_FULL",
	[63] = "XSAVES",
	[64] = "XRSTORS",
	[74] = "BUS_LOCK",
	[75] = "NOTIFY",
};

static const char *const vector[] = {
	"DE", "DB", "NMI", "BP", "OF",	"BR", "UD", "NM", "DF", "CSO", "TS",
	"NP", "SS", "GP",  "PF", "SPV", "MF", "AC", "MC", "XF", "VE",  "CP",
};

static const char *const hypercall[] = {
	[0] = "set_trap_table",
	[1] = "mmu_update",
	[2] = "set_gdt",
	[3] = "stack_switch",
	[4] = "set_callbacks",
	[5] = "fpu_taskswitch",
	[7] = "platform_op",
	[8] = "set_debugreg",
	[9] = "get_debugreg",
	[10] = "update_descriptor",
	[12] = "memory_op",
	[13] = "multicall",
	[14] = "update_va_mapping",
	[15] = "set_timer_op",
	[17] = "xen_version",
	[18] = "console_io",
	[20] = "grant_table_op",
	[21] = "vm_assist",
	[22] = "update_va_mapping_otherdomain",
	[23] = "iret",
	[24] = "vcpu_op",
	[25] = "set_segment_base",
	[26] = "mmuext_op",
	[28] = "nmi_op",
	[29] = "sched_op",
	[30] = "callback_op",
	[32] = "event_channel_op",
	[33] = "physdev_op",
	[34] = "hvm_op",
	[35] = "sysctl",
	[36] = "domctl",
	[37] = "kexec_op",
	[40] = "xenpmu_op",
	[41] = "dm_op",
	[42] = "hypfs_op",
	[48] = "mca",
};

static const char *const emulation[] = {
	[TRC_PV_FORCED_INVALID_OP - TRC_PV_ENTRY] = "forced_invalid_op",
	[TRC_PV_EMULATE_PRIVOP - TRC_PV_ENTRY] = "privop",
	[TRC_PV_MATH_STATE_RESTORE - TRC_PV_ENTRY] = "math_state_restore",
	[TRC_PV_PAGING_FIXUP - TRC_PV_ENTRY] = "paging_fixup",
	[TRC_PV_GDT_LDT_MAPPING_FAULT - TRC_PV_ENTRY] = "gdt_ldt_mapping",
	[TRC_PV_PTWR_EMULATION - TRC_PV_ENTRY] = "ptwr",
};

static const char *const schedule[] = {
	[SCHEDULE_RUN] = "run", [SCHEDULE_PREEMPT] = "preempt", [SCHEDULE_BLOCK] = "block"};

const char *const kind_name[EVENT_KINDS] = {
	[EVENT_EXIT] = "exits", [EVENT_HYPERCALL] = "hypercalls", [EVENT_SUBCALL] = "subcalls",
	[EVENT_TRAP] = "traps", [EVENT_EMULATION] = "emulations", [EVENT_SCHEDULE] = "schedule"};

static const char *look_up(const char *const *table, size_t count, uint32_t code)
{
	return code < count ? table[code] : NULL;
}

/* Xen carries the processor's own name to dom0. */
static bool vmx(void)
{
	unsigned int eax, ebx, ecx, edx;

	return __get_cpuid(0, &eax, &ebx, &ecx, &edx) && !memcmp(&ebx, "Genu", sizeof(ebx));
}

/* Codes up to SVM_INTR are 16 each of CR reads and writes, DR reads and writes; then 32 vectors. */
static const char *svm_exit_name(uint32_t code, char *text, size_t size)
{
	const char *name;

	if (code == SVM_NPF)
		return "NPF";
	if (code >= SVM_INTR)
		return look_up(svm_exit, COUNT(svm_exit), code - SVM_INTR);
	if (code < 0x40) {
		snprintf(text, size, "%cR%u_%s", code < 0x20 ? 'C' : 'D', (unsigned int)code % 16,
			 code & 0x10 ? "WRITE" : "READ");
		return text;
	}
	name = look_up(vector, COUNT(vector), code - 0x40);
	if (name)
		snprintf(text, size, "EXCEPTION_%s", name);
	return name ? text : NULL;
}

const char *event_name(enum event_kind kind, uint32_t code, char *text, size_t size)
{
	const char *name = NULL;

	switch (kind) {
	case EVENT_EXIT:
		name = vmx() ? look_up(vmx_exit, COUNT(vmx_exit), code & 0xffff)
			     : svm_exit_name(code, text, size);
		break;
	case EVENT_HYPERCALL:
	case EVENT_SUBCALL:
		name = look_up(hypercall, COUNT(hypercall), code);
		break;
	case EVENT_TRAP:
		name = look_up(vector, COUNT(vector), code);
		break;
	case EVENT_EMULATION:
		name = look_up(emulation, COUNT(emulation), code - TRC_PV_ENTRY);
		break;
	case EVENT_SCHEDULE:
		name = look_up(schedule, COUNT(schedule), code);
		break;
	case EVENT_KINDS:
		break;
	}
	if (!name) {
		snprintf(text, size, "%#x", (unsigned int)code);
		name = text;
	}
	return name;
}
