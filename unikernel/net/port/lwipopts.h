/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The choices that lwIP leaves to its user.  What is not here has lwIP's own default
 * (lwip/opt.h, where each option is explained).
 *
 * Memory: nothing is set aside.  Packets, connections and queues come from the guest's heap as they
 * are needed, and arch/cc.h puts one bound over all of it (unikernel/net/memory.h), because what a
 * peer on the network can make us keep must not be the guest's whole memory.
 */
#ifndef LODGER_NET_LWIPOPTS_H
#define LODGER_NET_LWIPOPTS_H

/* Threads, with one lock around the stack.  Callers run the stack's code themselves. */
#define NO_SYS			  0
#define SYS_LIGHTWEIGHT_PROT	  1 /* a no-op here: threads are cooperative */
#define LWIP_TCPIP_CORE_LOCKING	  1
#define LWIP_ASSERT_CORE_LOCKED() net_assert_locked()
#define TCPIP_THREAD_NAME	  "tcpip"
#define TCPIP_THREAD_STACKSIZE	  0 /* core/thread.h's default */
#define TCPIP_MBOX_SIZE		  64
#define DEFAULT_ACCEPTMBOX_SIZE	  255
#define DEFAULT_TCP_RECVMBOX_SIZE 32 /* at first: sys_arch.c */
#define DEFAULT_UDP_RECVMBOX_SIZE 256

#define MEM_LIBC_MALLOC		  1
#define MEMP_MEM_MALLOC		  1
#define MEM_ALIGNMENT		  16
/* For this one pool the number still counts: it is the size of the socket table. */
#define MEMP_NUM_NETCONN 1024

/* Sockets: ours are plugged into the file table (unikernel/net/socket.c). */
#define LWIP_SOCKET	      1
#define LWIP_COMPAT_SOCKETS   0
#define LWIP_SOCKET_SELECT    0
#define LWIP_SOCKET_POLL      1 /* for its event counters; poll() itself is libc's */
#define LWIP_SO_SNDTIMEO      1
#define LWIP_SO_RCVTIMEO      1
#define LWIP_SO_RCVBUF	      1
#define LWIP_SO_LINGER	      1
#define SO_REUSE	      1
#define RECV_BUFSIZE_DEFAULT  (256 * 1024)
#define LWIP_TIMEVAL_PRIVATE  0
#define LWIP_ERRNO_STDINCLUDE 1
#define LWIP_NETIF_API	      0

/* Links. */
#define LWIP_NETIF_HOSTNAME	       1
#define LWIP_NETIF_EXT_STATUS_CALLBACK 1
#define LWIP_SUPPORT_CUSTOM_PBUF       1 /* pages of netfront's (unikernel/net/vif_in.c) */
#define LWIP_HAVE_LOOPIF	       1
#define LWIP_NETIF_LOOPBACK	       1
#define LWIP_LOOPBACK_MAX_PBUFS	       256
#define ETH_PAD_SIZE		       0
#define ARP_TABLE_SIZE		       32
#define ARP_QUEUEING		       1

/* IPv4. */
#define LWIP_IPV4	   1
#define LWIP_ICMP	   1
#define LWIP_IGMP	   1
#define LWIP_RAW	   0
#define IP_REASS_MAX_PBUFS 64
#define MEMP_NUM_REASSDATA 8
#define LWIP_DHCP	   1
/* The server vouches for the address; probing for it would cost the boot more than a second. */
#define DHCP_DOES_ARP_CHECK 0
#define LWIP_DNS	    1
#define DNS_MAX_SERVERS	    4
/* As many from DHCP: its parser counts by the former and has room by the latter. */
#define LWIP_DHCP_MAX_DNS_SERVERS DNS_MAX_SERVERS
#define DNS_TABLE_SIZE		  8
#define DNS_MAX_NAME_LENGTH	  254

/* IPv6. */
#define LWIP_IPV6	     1
#define LWIP_IPV6_AUTOCONFIG 1
/* A router's mtu would have segments cut into fragments: see VIF_MTU_LWIP (unikernel/net/vif.h). */
#define LWIP_ND6_ALLOW_RA_UPDATES 0
/* A fragment's header is too small for the bookkeeping that 64-bit pointers make. */
#define IPV6_FRAG_COPYHEADER	       1
#define LWIP_ND6_NUM_NEIGHBORS	       32
#define LWIP_ND6_NUM_DESTINATIONS      32
#define LWIP_ND6_RDNSS_MAX_DNS_SERVERS 2
#define MEMP_NUM_ND6_QUEUE	       32

/*
 * TCP.  Windows are worth a round trip at the rates between two domains of one host, several frames
 * of 64 KiB.  Larger ones would only let each of hundreds of connections fill memory.
 *
 * Segments are as large as pcb->mss says (unikernel/net/segment.h); what we tell the peer to send, and
 * what it takes, is bounded by the interface's mtu there.  TCP_MSS is only the bound of both.
 */
#define TCP_MSS			       65475
#define LWIP_DISABLE_TCP_SANITY_CHECKS 1 /* they relate buffers to TCP_MSS */
#define LWIP_TCP_PCB_NUM_EXT_ARGS      1
#define TCP_OVERSIZE		       1460
#define LWIP_WND_SCALE		       1
#define TCP_RCV_SCALE		       4
#define TCP_WND			       (512 * 1024)
/* In a function that has a pcb: of a window that is not scaled, a quarter is less. */
#define TCP_WND_UPDATE_THRESHOLD (TCP_WND_MAX(pcb) / 4)
#define TCP_SND_BUF		 (512 * 1024)
#define TCP_SND_QUEUELEN	 1024
#define TCP_SNDLOWAT		 (32 * 1024)
#define TCP_LISTEN_BACKLOG	 1
#define LWIP_TCP_SACK_OUT	 1
#define TCP_OOSEQ_MAX_BYTES	 (TCP_WND / 2)
#define TCP_OOSEQ_MAX_PBUFS	 64
#define LWIP_TCP_KEEPALIVE	 1
/*
 * The maximum segment lifetime is a promise about old duplicates in the network; a connection that
 * we close first is remembered for two of them.  RFC 9293's 2 minutes stem from other networks; a
 * closed connection's few hundred bytes should not be kept for so long.  But lwIP, in a function
 * that has a pcb, also gives up after two of them what we closed last and could not yet deliver
 * (LAST_ACK): a back end may be away for longer than that, and nobody would hear of the loss.
 */
#define TCP_MSL (pcb->state == LAST_ACK ? 60000u : 5000u)

/* Numbers that a stranger must not guess. */
#define LWIP_HOOK_FILENAME "arch/hooks.h"
#define LWIP_HOOK_TCP_ISN  net_tcp_isn
/* A new connection in the place of one that waits out its time. */
#define LWIP_HOOK_IP4_INPUT net_ip4_in
#define LWIP_HOOK_IP6_INPUT net_ip6_in
/* Segments larger than the peer's. */
#define LWIP_HOOK_TCP_INPACKET_PCB(pcb, hdr, optlen, opt1len, opt2, p) net_tcp_in(pcb)
#define LWIP_HOOK_TCP_OUT_ADD_TCPOPTS				       net_tcp_out
#define LWIP_RANDOMIZE_INITIAL_LOCAL_PORTS			       1

/* Of TCP's checksums only those that the back end leaves us (unikernel/net/vif_out.c, vif_in.c). */
#define LWIP_CHECKSUM_CTRL_PER_NETIF 1

/* Of lwIP's counters only those of MIB-II: retransmissions are the first thing to look at. */
#define LWIP_STATS	   1
#define LWIP_STATS_DISPLAY 0
#define MIB2_STATS	   1
#define LINK_STATS	   0
#define ETHARP_STATS	   0
#define IP_STATS	   0
#define IPFRAG_STATS	   0
#define ICMP_STATS	   0
#define UDP_STATS	   0
#define TCP_STATS	   0
#define MEM_STATS	   0
#define MEMP_STATS	   0
#define SYS_STATS	   0
#define IP6_STATS	   0
#define ICMP6_STATS	   0
#define IP6_FRAG_STATS	   0
#define MLD6_STATS	   0
#define ND6_STATS	   0

#endif
