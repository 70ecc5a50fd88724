/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every figure that there is. Each appears in every run, as a figure or as absent with a reason;
 * what is measured, where the name does not say it all, is at its subject's function.
 */
#include "apps/bench/figure.h"

const struct figure figures[] = {
	{"memory.used", UNIT_BYTES, domain_memory_used, 0},
	{"memory.total", UNIT_BYTES, domain_memory_total, 0},

	{"clock.read", UNIT_NS, clock_read, 0},
	{"hypercall.null", UNIT_NS, hypercall_make, HYPERCALL_NULL},
	{"hypercall.xen_version", UNIT_NS, hypercall_make, HYPERCALL_XEN_VERSION},
	{"hypercall.vcpu_is_up", UNIT_NS, hypercall_make, HYPERCALL_VCPU_IS_UP},
	{"hypercall.evtchn_status", UNIT_NS, hypercall_make, HYPERCALL_EVTCHN_STATUS},
	{"hypercall.sched_yield", UNIT_NS, hypercall_make, HYPERCALL_SCHED_YIELD},
	{"evtchn.self", UNIT_NS, event_self, 0},
	{"evtchn.peer", UNIT_NS, event_peer, 0},
	{"idle.wake", UNIT_NS, idle_wake, 0},
	{"timer.late.100us", UNIT_NS, timer_late, 100},
	{"timer.late.1ms", UNIT_NS, timer_late, 1000},
	{"timer.late.10ms", UNIT_NS, timer_late, 10000},
	{"thread.switch", UNIT_NS, thread_switch, 0},

	{"pagetable.map.1", UNIT_NS, pagetable_map, 1},
	{"pagetable.map.64", UNIT_NS, pagetable_map, 64},
	{"pagetable.protect.1", UNIT_NS, pagetable_protect, 1},
	{"pagetable.protect.64", UNIT_NS, pagetable_protect, 64},
	{"pagetable.unmap.1", UNIT_NS, pagetable_unmap, 1},
	{"pagetable.unmap.64", UNIT_NS, pagetable_unmap, 64},
	{"fault.page", UNIT_NS, fault_page, 0},
	{"grant.cycle", UNIT_NS, grant_cycle, 0},

	{"memory.read", UNIT_BYTES_PER_S, memory_read, 0},
	{"memory.write", UNIT_BYTES_PER_S, memory_write, 0},
	{"memory.copy", UNIT_BYTES_PER_S, memory_copy, 0},
	{"malloc.64", UNIT_NS, heap_pair, 64},
	{"malloc.4096", UNIT_NS, heap_pair, 4096},
	{"malloc.65536", UNIT_NS, heap_pair, 65536},
	{"console.write.64", UNIT_NS, console_write_line, 64},

	{"net.rtt.udp.1", UNIT_NS, net_rtt_udp, 0},
	{"net.rtt.tcp.1", UNIT_NS, net_rtt_tcp, 0},
	{"net.stream.send", UNIT_BYTES_PER_S, net_stream_send, 0},
	{"net.stream.receive", UNIT_BYTES_PER_S, net_stream_receive, 0},
	{"net.packets.send.64", UNIT_PER_S, net_packets_send, 64},
	{"net.packets.send.512", UNIT_PER_S, net_packets_send, 512},
	{"net.packets.send.1400", UNIT_PER_S, net_packets_send, 1400},
	{"net.packets.receive.64", UNIT_PER_S, net_packets_receive, 64},
	{"net.packets.receive.512", UNIT_PER_S, net_packets_receive, 512},
	{"net.packets.receive.1400", UNIT_PER_S, net_packets_receive, 1400},

	{"blk.read.latency.4k", UNIT_NS, disk_read_latency, 1},
	{"blk.read.iops.1", UNIT_PER_S, disk_read_iops, 1},
	{"blk.read.iops.8", UNIT_PER_S, disk_read_iops, 8},
	{"blk.read.iops.32", UNIT_PER_S, disk_read_iops, 32},
	{"blk.write.iops.1", UNIT_PER_S, disk_write_iops, 1},
	{"blk.write.iops.8", UNIT_PER_S, disk_write_iops, 8},
	{"blk.write.iops.32", UNIT_PER_S, disk_write_iops, 32},
	{"blk.read.stream.64k", UNIT_BYTES_PER_S, disk_read_stream, 64},
	{"blk.read.stream.1m", UNIT_BYTES_PER_S, disk_read_stream, 1024},
	{"blk.write.stream.64k", UNIT_BYTES_PER_S, disk_write_stream, 64},
	{"blk.write.stream.1m", UNIT_BYTES_PER_S, disk_write_stream, 1024},

	{"file.write", UNIT_BYTES_PER_S, file_stream_write, 0},
	{"file.read", UNIT_BYTES_PER_S, file_stream_read, 0},
};

const size_t figures_count = sizeof(figures) / sizeof(figures[0]);
