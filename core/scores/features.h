// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/partfile.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace dscope {

class Progress;

/// What FeatureRows::fit() found.
struct FeatureFit {
    std::string notice; ///< that the rows were scaled, in a sentence; empty: they were not
    double largest = 0; ///< where one power of two does not help: the largest and the smallest of the rows' largest magnitudes; else 0
    double smallest = 0;
};

/// Features of a training set that need not fit into memory, read by blocks of rows.
class FeatureRows {
public:
    virtual ~FeatureRows() = default;
    std::int64_t count() const { return m_count; }
    std::int64_t dim() const { return m_dim; }
    /// The rows from `begin` on, as many as fit into `out` (a multiple of dim). From any thread. @throws FileError
    virtual void read(std::int64_t begin, std::span<float> out) const = 0;
    /// Numbers that float32 cannot hold: looks through all of them where they come in a wider form, and has read() multiply every row by one power of two
    /// where that makes them fit, which changes no direction and no ratio of lengths. Before the first read(). @throws FileError, Cancelled
    virtual FeatureFit fit(Progress &progress);

protected:
    std::int64_t m_count = 0;
    std::int64_t m_dim = 0;
};

/// Features in memory. @param features row-major [N, dim], not copied @throws Error if the sizes do not fit
std::unique_ptr<FeatureRows> featuresInMemory(std::span<const float> features, std::int64_t dim);

/// Features in a file: a safetensors, a .npy or a .npz of floating-point numbers [N, dim], dim at least two. One rule holds for the three: float16,
/// bfloat16 and float64 are converted to float32, big-endian bytes and Fortran order turned round, axes of one value left out; of several tensors or arrays
/// the one called embeddings or features is taken (featureNames()), else the only one that could be embeddings. Nothing but the header is read here, of a
/// packed .npz everything. @param notices what was read otherwise than it stands in the file, a sentence each; may be null @throws FileError
std::unique_ptr<FeatureRows> openFeatures(const std::filesystem::path &path, std::vector<std::string> *notices = nullptr);
/// The same of bytes in hand, which must outlive the result. @param name what they are called in errors
std::unique_ptr<FeatureRows> parseFeatures(std::span<const std::uint8_t> bytes, const std::filesystem::path &name, std::vector<std::string> *notices = nullptr);

/// Some rows of others, in this order. @param rows what is chosen; both must outlive the result
std::unique_ptr<FeatureRows> chosenFeatures(const FeatureRows &rows, const std::vector<std::int64_t> &chosen);

/// Writes a feature file row by row. Until finish() it is `path` + ".part"; another writer of the same `identity` goes on where one stopped.
class FeatureWriter {
public:
    /// @param identity what the features are of (models, list, options): a part file of another identity is begun anew
    /// @throws FileError
    FeatureWriter(const std::filesystem::path &path, std::int64_t dim, const std::string &identity);

    /// Rows written so far, those of an earlier writer included.
    std::int64_t count() const { return m_count; }
    /// Forgets all rows but the first so many.
    void keepOnly(std::int64_t rows);
    /// Adds rows and brings them to the disk. @throws FileError when the disk is full: the rows before stay
    void add(std::span<const float> rows);
    /// Completes the file and gives it its name. @throws FileError
    void finish();

private:
    void writeHeader();
    void cut();

    std::int64_t m_dim;
    std::string m_identity;
    PartFile m_file;
    std::int64_t m_count = 0;
};

} // namespace dscope
