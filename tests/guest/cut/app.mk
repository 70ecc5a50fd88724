# SPDX-License-Identifier: BSD-2-Clause
cut_USES := fs
