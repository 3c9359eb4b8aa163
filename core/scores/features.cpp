// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/scores/features.h"

#include "core/base/error.h"
#include "core/base/hash.h"
#include "core/base/json.h"

#include <algorithm>

namespace dscope {

namespace fs = std::filesystem;

namespace {

constexpr std::int64_t s_header = 4096; ///< bytes before the first row of a file of ours: the safetensors header filled up with spaces

class InMemory final : public FeatureRows {
public:
    InMemory(std::span<const float> features, std::int64_t dim) : m_features(features)
    {
        if (dim <= 0 || features.size() % static_cast<std::size_t>(dim) != 0)
            throw Error(std::to_string(features.size()) + " values are no whole number of features of " + std::to_string(dim) + ".");
        m_dim = dim;
        m_count = static_cast<std::int64_t>(features.size()) / dim;
    }
    void read(std::int64_t begin, std::span<float> out) const override
    {
        const auto rows = m_features.subspan(static_cast<std::size_t>(begin * m_dim), out.size());
        std::copy(rows.begin(), rows.end(), out.begin());
    }

private:
    std::span<const float> m_features;
};

class Chosen final : public FeatureRows {
public:
    Chosen(const FeatureRows &rows, const std::vector<std::int64_t> &chosen) : m_rows(rows), m_chosen(chosen)
    {
        m_count = static_cast<std::int64_t>(chosen.size());
        m_dim = rows.dim();
    }
    void read(std::int64_t begin, std::span<float> out) const override
    {
        // Rows that follow each other come in one piece.
        const auto dim = static_cast<std::size_t>(m_dim);
        const auto first = static_cast<std::size_t>(begin);
        const std::size_t count = out.size() / dim;
        for (std::size_t i = 0; i < count;) {
            std::size_t n = 1;
            while (i + n < count && m_chosen[first + i + n] == m_chosen[first + i] + static_cast<std::int64_t>(n))
                ++n;
            m_rows.read(m_chosen[first + i], out.subspan(i * dim, n * dim));
            i += n;
        }
    }

private:
    const FeatureRows &m_rows;
    const std::vector<std::int64_t> &m_chosen;
};

} // namespace

FeatureFit FeatureRows::fit(Progress &)
{
    return {};
}

std::unique_ptr<FeatureRows> chosenFeatures(const FeatureRows &rows, const std::vector<std::int64_t> &chosen)
{
    return std::make_unique<Chosen>(rows, chosen);
}

std::unique_ptr<FeatureRows> featuresInMemory(std::span<const float> features, std::int64_t dim)
{
    return std::make_unique<InMemory>(features, dim);
}

FeatureWriter::FeatureWriter(const fs::path &path, std::int64_t dim, const std::string &identity)
    : m_dim(dim > 0 ? dim : throw Error("Features need at least one value.")), m_identity(sha256(identity + "\ndim " + std::to_string(dim))), m_file(path)
{
    // The head is compared by the identity in it: it says how many rows there are as well, once there are all.
    std::string text(static_cast<std::size_t>(s_header), '\0');
    if (m_file.readSome(0, text.data(), text.size()) == text.size() && text.find('"' + m_identity + '"') != std::string::npos) {
        m_count = (static_cast<std::int64_t>(m_file.size()) - s_header) / (static_cast<std::int64_t>(sizeof(float)) * dim);
    } else {
        m_file.cut(0);
        writeHeader();
    }
    cut(); // a row that was cut off in the middle is written again
}

void FeatureWriter::cut()
{
    m_file.cut(static_cast<std::uint64_t>(s_header + m_count * m_dim * static_cast<std::int64_t>(sizeof(float))));
}

void FeatureWriter::writeHeader()
{
    const std::uint64_t bytes = static_cast<std::uint64_t>(m_count) * static_cast<std::uint64_t>(m_dim) * sizeof(float);
    const Json header{{"__metadata__", {{"dscope.features", m_identity}}},
                      {"features", {{"dtype", "F32"}, {"shape", {m_count, m_dim}}, {"data_offsets", {std::uint64_t{0}, bytes}}}}};
    std::string text(8, '\0');
    for (int i = 0; i < 8; ++i)
        text[static_cast<std::size_t>(i)] = static_cast<char>(static_cast<std::uint64_t>(s_header - 8) >> (8 * i));
    text += header.dump();
    text.resize(static_cast<std::size_t>(s_header), ' ');
    m_file.write(0, text.data(), text.size());
}

void FeatureWriter::keepOnly(std::int64_t rows)
{
    if (rows >= m_count)
        return;
    m_count = std::max<std::int64_t>(0, rows);
    cut();
}

void FeatureWriter::add(std::span<const float> rows)
{
    if (rows.size() % static_cast<std::size_t>(m_dim) != 0)
        throw Error(std::to_string(rows.size()) + " values are no whole number of features of " + std::to_string(m_dim) + ".");
    m_file.append(rows.data(), rows.size_bytes());
    m_file.sync();
    m_count += static_cast<std::int64_t>(rows.size()) / m_dim;
}

void FeatureWriter::finish()
{
    writeHeader();
    m_file.finish();
}

} // namespace dscope
