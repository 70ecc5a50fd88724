# SPDX-License-Identifier: BSD-2-Clause
strangers_USES := net
