/* SPDX-License-Identifier: BSD-2-Clause */
#include <skiff/net.h>
