# SPDX-License-Identifier: BSD-2-Clause
time_USES := freestanding
