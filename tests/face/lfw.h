// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/csv.h"
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/tasks/face/face.h"
#include "tests/support/support.h"

#include <cmath>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace dscope::test {

/// One of the 500 LFW originals with what the reference detector found in it.
struct LfwFace {
    std::filesystem::path original; ///< 250 x 250
    std::filesystem::path aligned;  ///< the reference's own 112 x 112 crop
    Landmarks landmarks{};
};

/// The rows of lfw_112.csv whose originals lie in lfw_raw.
inline std::vector<LfwFace> lfwFaces()
{
    const std::filesystem::path data = sharedDir() / "data";
    const CsvTable table = readCsv(data / "lfw_112.csv");
    const std::size_t person = table.requireColumn({"identity"});
    const std::size_t file = table.requireColumn({"file"});
    const std::size_t first = table.requireColumn({"x0"});
    std::vector<LfwFace> faces;
    for (const CsvTable::Row &row : table.rows) {
        LfwFace face;
        face.original = data / "lfw_raw" / row.cells[person] / (std::string(row.cells[file]) + ".jpg");
        face.aligned = data / "lfw_112" / row.cells[person] / (std::string(row.cells[file]) + ".jpg");
        if (!std::filesystem::exists(face.original))
            continue;
        for (std::size_t i = 0; i < 5; ++i)
            face.landmarks[i] = {static_cast<float>(parseNumber(row.cells[first + 2 * i]).value()),
                                 static_cast<float>(parseNumber(row.cells[first + 2 * i + 1]).value())};
        faces.push_back(std::move(face));
    }
    return faces;
}

/// Mean distance of corresponding landmarks in pixels.
inline double landmarkError(const Landmarks &a, const Landmarks &b)
{
    double sum = 0;
    for (std::size_t i = 0; i < 5; ++i)
        sum += std::hypot(a[i].x - b[i].x, a[i].y - b[i].y);
    return sum / 5;
}

/// The face that stands nearest to the reference's landmarks, if one does within a quarter of the eyes' distance.
inline const Face *sameFace(const std::vector<Face> &faces, const Landmarks &reference)
{
    const Face *best = nullptr;
    double least = 0.25 * std::hypot(reference[1].x - reference[0].x, reference[1].y - reference[0].y);
    for (const Face &face : faces) {
        const double error = landmarkError(face.landmarks, reference);
        if (error < least) {
            least = error;
            best = &face;
        }
    }
    return best;
}

inline ModelSpec detectorSpec(const std::string &architecture, const std::filesystem::path &path)
{
    ModelSpec spec;
    spec.name = architecture;
    spec.role = Role::Detector;
    spec.architecture = architecture;
    spec.file = path.filename().string();
    spec.path = path;
    return spec;
}

/// What `work` throws as a dscope::Error, or nothing.
template<typename Work>
QString messageOf(Work work)
{
    try {
        work();
    } catch (const Error &error) {
        return QString::fromUtf8(error.what());
    }
    return {};
}

} // namespace dscope::test
