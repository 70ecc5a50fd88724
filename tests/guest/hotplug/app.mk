# SPDX-License-Identifier: BSD-2-Clause
hotplug_USES := net
