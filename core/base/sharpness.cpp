// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/sharpness.h"

#include "core/base/error.h"

#include <vector>

namespace dscope {

double laplacianVariance(const Picture &picture)
{
    if (picture.width < 3 || picture.height < 3)
        throw Error("Sharpness needs a picture of 3 x 3 pixels or more.");
    const auto width = static_cast<std::size_t>(picture.width);
    std::vector<double> grey(width * static_cast<std::size_t>(picture.height));
    for (std::size_t i = 0; i < grey.size(); ++i)
        grey[i] = 0.299 * picture.rgb[3 * i] + 0.587 * picture.rgb[3 * i + 1] + 0.114 * picture.rgb[3 * i + 2];
    double sum = 0;
    double squares = 0;
    for (int y = 1; y + 1 < picture.height; ++y)
        for (std::size_t x = 1; x + 1 < width; ++x) {
            const double *at = grey.data() + static_cast<std::size_t>(y) * width + x;
            const double value = at[-1] + at[1] + *(at - width) + at[width] - 4 * at[0];
            sum += value;
            squares += value * value;
        }
    const double count = static_cast<double>(picture.width - 2) * (picture.height - 2);
    const double mean = sum / count;
    return squares / count - mean * mean;
}

} // namespace dscope
