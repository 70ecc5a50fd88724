# SPDX-License-Identifier: BSD-2-Clause
sockets_USES := net
