# SPDX-License-Identifier: BSD-2-Clause
posix_USES := libc
