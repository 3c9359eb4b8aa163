// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdio>

namespace dscope {

/// Standard error as it was when the program started.
std::FILE *ownStderr();

/// While one lives, what libraries of pictures print by C's `stderr` goes nowhere: libpng, libtiff, libjxl and libde265 write there of damaged files, and of
/// some sound ones, and not all of them can be told not to. So does what OpenCV prints by std::cerr. This program writes by ownStderr(), the system by the
/// descriptor.
class QuietStderr {
public:
    QuietStderr();
    ~QuietStderr();
    QuietStderr(const QuietStderr &) = delete;
    QuietStderr &operator=(const QuietStderr &) = delete;
};

} // namespace dscope
