# SPDX-License-Identifier: BSD-2-Clause
net_USES := freestanding netfront
