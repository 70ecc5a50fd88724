# SPDX-License-Identifier: BSD-2-Clause
diskplug_USES := freestanding blkfront
