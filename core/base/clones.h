// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// The same source compiled for several generations of x86-64, chosen when the program starts: DSCOPE_CLONES for AVX2 with FMA and for any
/// processor, DSCOPE_CLONES_WIDE for AVX-512 as well. Sanitizers cannot be up that early.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define DSCOPE_CLONES __attribute__((target_clones("arch=x86-64-v3", "default")))
#define DSCOPE_CLONES_WIDE __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define DSCOPE_CLONES
#define DSCOPE_CLONES_WIDE
#endif
