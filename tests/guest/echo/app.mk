# SPDX-License-Identifier: BSD-2-Clause
echo_USES := freestanding
