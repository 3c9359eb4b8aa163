// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/bench/loadbench.h"

#include "core/base/device.h"
#include "core/base/files.h"
#include "core/base/parallel.h"
#include "core/scores/labeler.h"
#include "core/training/augment.h"
#include "core/training/packedset.h"
#include "core/training/recordio.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <numeric>
#include <string>
#include <vector>

namespace dscope {

namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

/// Noisy colour fields: JPEGs of about the size of real faces'.
void makeFaces(const fs::path &root, int people, int pictures)
{
    Random random(3);
    for (int p = 0; p < people; ++p)
        for (int i = 0; i < pictures; ++i) {
            Picture picture(112, 112);
            for (int y = 0; y < 112; ++y)
                for (int x = 0; x < 112; ++x)
                    for (int c = 0; c < 3; ++c)
                        picture.row(y)[3 * x + c] =
                            static_cast<std::uint8_t>(118 + 90 * std::sin(x * 0.09 + p + c) * std::cos(y * 0.07 - i) + static_cast<double>(random.below(20)));
            const std::vector<std::uint8_t> jpeg = encodeJpeg(picture, 90);
            writeAtomically(root / ("person" + std::to_string(p)) / (std::to_string(i) + ".jpg"), std::string(jpeg.begin(), jpeg.end()));
        }
}

/// Pictures a second over the whole list in random order; the best of three passes.
double rate(const FaceList &list, bool augmented)
{
    Progress progress;
    const FaceReader reader(list, progress);
    std::vector<std::size_t> order(list.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    Random(5).shuffle(order);
    const LabelOptions options;
    std::atomic<std::uint64_t> seen{0}; // so that nothing is optimised away
    double best = 0;
    for (int pass = 0; pass < 3; ++pass) {
        const auto begin = Clock::now();
        parallelFor(static_cast<std::int64_t>(order.size()), 16, progress, [&](std::int64_t from, std::int64_t to) {
            for (std::int64_t j = from; j < to; ++j) {
                const std::size_t i = order[static_cast<std::size_t>(j)];
                Picture face = reader.read(i);
                if (augmented) {
                    // As the DDNet trainer's samples: every third the face itself, mirrored every other time.
                    Random draw(1, i);
                    face = faceCopy(face, i, static_cast<int>(i % 3), options);
                    if (draw.chance(0.5))
                        face = mirrored(face);
                }
                seen += face.rgb[static_cast<std::size_t>(j) % face.rgb.size()];
            }
        });
        best = std::max(best, static_cast<double>(order.size()) / std::chrono::duration<double>(Clock::now() - begin).count());
    }
    return best;
}

} // namespace

void loadBench(const fs::path &faces)
{
    const fs::path scratch = fs::temp_directory_path() / ("dscope-loadbench-" + std::to_string(::getpid()));
    fs::create_directories(scratch);
    try {
        fs::path folder = faces;
        if (folder.empty()) {
            folder = scratch / "faces";
            makeFaces(folder, 100, 40);
        }
        Progress progress;
        const FaceList jpegs = readFaceList(folder, {}, progress);
        {
            RecordWriter writer(scratch / "faces.rec");
            for (std::size_t i = 0; i < jpegs.size(); ++i)
                writer.add(jpegs.labels[i], readBytes(jpegs.root / jpegs.files[i], 1 << 26));
            writer.finish();
        }
        const auto begin = Clock::now();
        const PackSummary packed = packFaces(jpegs, scratch / "faces.pack", progress);
        const double packing = std::chrono::duration<double>(Clock::now() - begin).count();
        const FaceList records = readFaceList(scratch / "faces.rec", {}, progress);
        const FaceList pack = readFaceList(scratch / "faces.pack", {}, progress);
        std::uintmax_t jpegBytes = 0;
        for (const std::string &file : jpegs.files)
            jpegBytes += fs::file_size(jpegs.root / file);
        std::printf("\nData loading alone: %zu faces (%s), %.1f KB a JPEG, everything in the page cache; packing took %.1f s (%.0f pictures/s), the pack has "
                    "%.0f MiB\n\n",
                    jpegs.size(), faces.empty() ? "made up" : faces.filename().c_str(),
                    static_cast<double>(jpegBytes) / 1000 / static_cast<double>(jpegs.size()), packing, static_cast<double>(jpegs.size()) / packing,
                    static_cast<double>(packed.bytes) / (1 << 20));
        std::printf("| source | workers | read and decoded, pictures/s | of the folder's | and degraded as in training, pictures/s | of the folder's "
                    "|\n|---|---|---|---|---|---|\n");
        for (const int workers : {1, 2}) {
            setThreads(workers);
            double decoded = 0;
            double augmented = 0;
            for (const auto &[name, list] : {std::pair{"folder of JPEGs", &jpegs}, std::pair{"record file", &records}, std::pair{"pack", &pack}}) {
                const double plain = rate(*list, false);
                const double worse = rate(*list, true);
                if (list == &jpegs) {
                    decoded = plain;
                    augmented = worse;
                }
                std::printf("| %s | %d | %.0f | %.2f | %.0f | %.2f |\n", name, workers, plain, plain / decoded, worse, worse / augmented);
                std::fflush(stdout);
            }
        }
        setThreads(0);
    } catch (...) {
        fs::remove_all(scratch);
        throw;
    }
    fs::remove_all(scratch);
}

} // namespace dscope
