// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/fileorbytes.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace dscope {

/// A numeric array of two axes, as MATLAB's files hold them.
struct MatMatrix {
    std::string name; ///< of the variable
    std::int64_t rows = 0;
    std::int64_t columns = 0;
    std::vector<double> values; ///< [columns, rows]: column by column

    double at(std::int64_t row, std::int64_t column) const { return values[static_cast<std::size_t>(column * rows + row)]; }
};

/// What is asked of one of MATLAB's files.
struct MatOptions {
    std::string variable = {};       ///< empty: the only one that is a numeric array of two axes
    std::int64_t values = 4'000'000; ///< more in one array are refused
};

/// Reads one real, full array of any numeric class out of a file of MATLAB's version 5 to 7.2, packed or not. What the file says of itself is checked here,
/// and an array is unpacked, within bounds; libmatio then gets this one array alone. Files of version 7.3, which are HDF5, are refused by name.
/// @throws FileError naming the file and, where it is about one, the variable
MatMatrix readMat(const FileOrBytes &file, const MatOptions &options = {});

/// Writes one array, of class double and packed, as MATLAB's version 7 does. The same bytes each time. @throws FileError
void writeMat(const std::filesystem::path &file, const MatMatrix &matrix);

} // namespace dscope
