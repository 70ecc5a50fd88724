# SPDX-License-Identifier: BSD-2-Clause
traffic_USES := net
