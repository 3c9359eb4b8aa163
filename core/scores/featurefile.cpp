// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/scores/featurefile.h"

#include "core/base/csv.h"
#include "core/base/error.h"
#include "core/base/fileorbytes.h"
#include "core/base/json.h"
#include "core/base/jsonfields.h"
#include "core/base/jsonlimits.h"
#include "core/base/npz.h"
#include "core/base/parallel.h"
#include "core/base/text.h"
#include "core/scores/features.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <mutex>

namespace dscope {

namespace fs = std::filesystem;

using namespace detail;

namespace {

constexpr std::uint64_t s_longestHeader = 1 << 26;
constexpr std::size_t s_mostArrays = 1000; ///< of an archive, of which each must be looked into
constexpr double s_safe = 1e30;            ///< rows between 1 / this and this lose nothing in float32, and nor do their squares in double

/// Rows of a file in whatever form they come; of a packed archive the rows lie in memory.
class InFile final : public FeatureRows {
public:
    InFile(FileOrBytes bytes, std::vector<std::string> *notices) : m_bytes(std::move(bytes)), m_path(m_bytes.path()), m_size(m_bytes.size())
    {
        std::uint8_t start[12] = {};
        if (m_size < sizeof start)
            throw FileError(m_path, "is too short to hold features.");
        take(0, start, sizeof start);
        if (beginsLikeNpy(start))
            readNpyHeader(0);
        else if (beginsLikeZip(start))
            openArchive();
        else
            readSafetensorsHeader(start);
        readShape();
        if (notices != nullptr && !m_converted.empty())
            notices->push_back(m_path.string() + ": " + m_converted + ".");
    }
    InFile(const InFile &) = delete;
    InFile &operator=(const InFile &) = delete;

    void read(std::int64_t begin, std::span<float> out) const override
    {
        if (m_header.width == 8 && (m_exponent != 0 || m_flushes)) {
            std::vector<double> values(out.size());
            readAs<double>(begin, values);
            narrow(values, out);
        } else {
            readAs<float>(begin, out);
        }
    }

    FeatureFit fit(Progress &progress) override
    {
        FeatureFit found;
        if (m_header.width != 8)
            return found; // all others are float32, or narrower
        double largest = 0;
        double smallest = std::numeric_limits<double>::infinity();
        std::mutex mutex;
        parallelFor(m_count, 1024, progress, [&](std::int64_t begin, std::int64_t end) {
            std::vector<double> values(static_cast<std::size_t>((end - begin) * m_dim));
            readAs<double>(begin, values);
            double high = 0;
            double low = std::numeric_limits<double>::infinity();
            for (std::size_t at = 0; at < values.size(); at += static_cast<std::size_t>(m_dim)) {
                const double magnitude = magnitudeOf(std::span<const double>(values).subspan(at, static_cast<std::size_t>(m_dim)));
                if (magnitude > 0 && std::isfinite(magnitude)) {
                    high = std::max(high, magnitude);
                    low = std::min(low, magnitude);
                }
            }
            const std::lock_guard lock(mutex);
            largest = std::max(largest, high);
            smallest = std::min(smallest, low);
        });
        if (largest == 0 || (largest <= s_safe && smallest >= 1 / s_safe))
            return found;
        const int exponent = -std::ilogb(largest);
        if (std::ldexp(smallest, exponent) >= 1 / s_safe) {
            m_exponent = exponent;
            found.notice = m_path.string() + ": its numbers (up to " + csvNumber(largest) + ") do not fit into float32; every row is multiplied by 2^"
                + std::to_string(exponent) + ", which changes no direction and no ratio of lengths; a threshold on lengths (norm:t=T) counts in these numbers.";
        } else {
            m_flushes = true;
            found.largest = largest;
            found.smallest = smallest;
        }
        return found;
    }

private:
    /// The largest of a row; not finite where one of its values is not.
    static double magnitudeOf(std::span<const double> row)
    {
        double magnitude = 0;
        for (const double value : row)
            magnitude = std::isfinite(value) ? std::max(magnitude, std::abs(value)) : std::numeric_limits<double>::infinity();
        return magnitude;
    }

    void narrow(std::span<const double> values, std::span<float> out) const
    {
        const auto dim = static_cast<std::size_t>(m_dim);
        for (std::size_t at = 0; at < values.size(); at += dim) {
            // Of a row below what float32 holds in full a few odd bits would be left.
            const bool flushed = m_flushes && magnitudeOf(values.subspan(at, dim)) < static_cast<double>(std::numeric_limits<float>::min());
            for (std::size_t i = at; i < at + dim; ++i)
                out[i] = flushed ? 0.F : static_cast<float>(m_exponent == 0 ? values[i] : std::ldexp(values[i], m_exponent));
        }
    }

    static void convert(const NpyHeader &header, const std::uint8_t *bytes, std::span<float> out) { narrowNpy(header, bytes, out); }
    static void convert(const NpyHeader &header, const std::uint8_t *bytes, std::span<double> out) { widenNpy(header, bytes, out); }

    template<typename T>
    void readAs(std::int64_t begin, std::span<T> out) const
    {
        const std::uint64_t width = m_header.width;
        if (!m_header.fortran) {
            const std::uint64_t at = m_data + static_cast<std::uint64_t>(begin * m_dim) * width;
            if (width == sizeof(T) && !m_header.bigEndian) {
                take(at, out.data(), out.size_bytes());
                return;
            }
            std::vector<std::uint8_t> bytes(out.size() * width);
            take(at, bytes.data(), bytes.size());
            convert(m_header, bytes.data(), out);
            return;
        }
        // A column is one piece of the file.
        const std::size_t rows = out.size() / static_cast<std::size_t>(m_dim);
        std::vector<std::uint8_t> bytes(rows * width);
        std::vector<T> column(rows);
        for (std::int64_t j = 0; j < m_dim; ++j) {
            take(m_data + static_cast<std::uint64_t>(j * m_count + begin) * width, bytes.data(), bytes.size());
            convert(m_header, bytes.data(), column);
            for (std::size_t i = 0; i < rows; ++i)
                out[i * static_cast<std::size_t>(m_dim) + static_cast<std::size_t>(j)] = column[i];
        }
    }

    void take(std::uint64_t offset, void *out, std::size_t size) const
    {
        if (m_unpacked.empty()) {
            takeWritten(offset, out, size);
            return;
        }
        if (offset > m_unpacked.size() || size > m_unpacked.size() - offset)
            throw FileError(m_path, "is shorter than its header says.");
        std::memcpy(out, m_unpacked.data() + offset, size);
    }

    /// Bytes as they lie in the file.
    void takeWritten(std::uint64_t offset, void *out, std::size_t size) const
    {
        if (m_bytes.readSome(offset, out, size) != size)
            throw FileError(m_path, "is shorter than its header says.");
    }

    void readSafetensorsHeader(const std::uint8_t *start)
    {
        std::uint64_t length = 0;
        for (int i = 7; i >= 0; --i)
            length = length << 8 | start[i];
        if (length < 2 || length > s_longestHeader || length > m_size - 8)
            throw FileError(m_path, "is neither safetensors nor .npy nor .npz; one of them is needed for features.");
        std::string text(length, '\0');
        takeWritten(8, text.data(), text.size());
        constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
        const Json header = parseJson(text, m_path);
        const JsonFields fields(header, m_path);
        FeatureChoice choice(m_path, "tensor");
        for (const auto &[name, json] : header.items())
            if (name != "__metadata__")
                choice.add(name, couldBeFeatures(json), 0);
        std::string name;
        std::string others;
        choice.chosen(name, others);
        m_what = "its tensor '" + shown(name.substr(0, 80)) + "' ";
        const JsonFields tensor = fields.object(name.c_str());
        m_header = safetensorsNumbers(tensor.text("dtype")).value_or(NpyHeader{});
        if (m_header.type.empty())
            refuseType(tensor.text("dtype"));
        m_header.shape = tensor.wholes("shape", 64, 0, most);
        const std::vector<std::int64_t> offsets = tensor.wholes("data_offsets", 2, 0, most);
        std::uint64_t bytes = m_header.width;
        for (const std::int64_t side : m_header.shape)
            bytes = side > 0 && bytes > m_size / static_cast<std::uint64_t>(side) ? m_size : bytes * static_cast<std::uint64_t>(side);
        if (offsets.size() != 2 || offsets[0] > offsets[1] || static_cast<std::uint64_t>(offsets[1]) > m_size - 8 - length
            || static_cast<std::uint64_t>(offsets[1] - offsets[0]) != bytes)
            throw FileError(m_path, m_what + "has offsets that do not fit its shape or the file.");
        m_data = 8 + length + static_cast<std::uint64_t>(offsets[0]);
        if (name != "features" || !others.empty())
            m_converted = "its tensor " + shown(name.substr(0, 80)) + " is used" + (others.empty() ? "" : " (there are also: " + others + ")");
    }

    static bool couldBeFeatures(const Json &tensor)
    {
        if (!tensor.is_object() || !tensor.contains("dtype") || !tensor["dtype"].is_string() || !tensor.contains("shape") || !tensor["shape"].is_array()
            || tensor["shape"].size() > 64 || !safetensorsNumbers(tensor["dtype"].get_ref<const std::string &>()))
            return false;
        std::vector<std::int64_t> sides;
        for (const Json &json : tensor["shape"])
            if (std::int64_t side = 0; wholeNumber(json, 0, std::numeric_limits<std::int64_t>::max(), side))
                sides.push_back(side);
        const auto shape = featureShape(sides);
        return shape && shape->dim > 1;
    }

    [[noreturn]] void refuseType(const std::string &type) const
    {
        throw FileError(m_path,
                        m_what + "holds whole numbers or other things ('" + shown(type.substr(0, 40))
                            + "'); embeddings are float16, bfloat16, float32 or float64.");
    }

    /// Of the .npy that begins at `from`.
    void readNpyHeader(std::uint64_t from)
    {
        std::vector<std::uint8_t> bytes(12);
        if (m_size - from < bytes.size())
            throw FileError(m_path, "is too short to hold features.");
        take(from, bytes.data(), bytes.size());
        const std::uint64_t headerSize = npyHeaderSize(bytes, m_path);
        if (headerSize > m_size - from)
            throw FileError(m_path, "its header is cut off.");
        bytes.resize(static_cast<std::size_t>(headerSize));
        take(from, bytes.data(), bytes.size());
        m_header = parseNpyHeader(bytes, m_size - from, m_path);
        m_data = from + m_header.data;
        if (m_header.kind != 'f')
            refuseType(m_header.type);
    }

    /// Pictures and values of what m_header says, and what must be said of its form.
    void readShape()
    {
        const std::string written = shapeInWords(m_header.shape);
        const auto shape = featureShape(m_header.shape);
        if (!shape)
            throw FileError(m_path, m_what + "is of shape " + written + "; two axes are needed, pictures and values.");
        m_count = shape->count;
        m_dim = shape->dim;
        if (m_dim == 1)
            throw FileError(m_path, m_what + "has rows of one value; an embedding has more. Its shape is " + written + ".");
        const std::uint64_t row = static_cast<std::uint64_t>(m_dim) * m_header.width;
        if (m_dim <= 0 || m_count <= 0 || m_dim > (std::int64_t{1} << 24) || static_cast<std::uint64_t>(m_count) > (m_size - m_data) / row)
            throw FileError(m_path, m_what + "holds fewer values than its header says, or none.");
        std::string form;
        const auto say = [&](const std::string &what) {
            form += (form.empty() ? "read as float32 [" + std::to_string(m_count) + ", " + std::to_string(m_dim) + "] from " : ", ") + what;
        };
        if (m_header.shape.size() != 2)
            say("shape " + written);
        if (m_header.width != 4)
            say((m_header.brain ? "bfloat" : "float") + std::to_string(8 * m_header.width));
        if (m_header.bigEndian)
            say("big-endian");
        if (m_header.fortran)
            say("Fortran order");
        m_converted += (m_converted.empty() || form.empty() ? "" : ", ") + form;
    }

    void openArchive()
    {
        const ReadBytes read = [this](std::uint64_t offset, void *to, std::size_t size) {
            if (offset > m_size || size > m_size - offset)
                return false;
            takeWritten(offset, to, size);
            return true;
        };
        std::vector<ZipEntry> arrays;
        for (ZipEntry &entry : zipEntries(read, m_size, m_path))
            if (entry.name.ends_with(".npy"))
                arrays.push_back(std::move(entry));
        if (arrays.empty())
            throw FileError(m_path, "is an archive without a .npy.");
        FeatureChoice choice(m_path, "array");
        for (std::size_t i = 0; i < arrays.size(); ++i)
            choice.add(arrays[i].name.substr(0, arrays[i].name.size() - 4), i < s_mostArrays && couldBeFeatures(read, arrays[i]), i);
        std::string name;
        std::string others;
        const ZipEntry &entry = arrays[choice.chosen(name, others)];
        if (arrays.size() > 1)
            m_what = "its array '" + shown(name.substr(0, 80)) + "' ";
        const std::uint64_t begin = zipData(read, entry, m_size, m_path);
        std::uint64_t from = begin;
        if (entry.deflated) {
            checkRoom(read, entry);
            m_unpacked = zipInflated(read, entry, m_size, m_path);
            m_size = m_unpacked.size();
            from = 0;
        } else {
            m_size = begin + entry.packed;
        }
        readNpyHeader(from);
        m_converted = "its array " + shown(name.substr(0, 80)) + " is used" + (others.empty() ? "" : " (there are also: " + others + ")");
    }

    /// What the header of a member says; nothing where it is none, or longer than those that numpy writes.
    std::optional<NpyHeader> headerOf(const ReadBytes &read, const ZipEntry &entry) const
    {
        constexpr std::uint64_t usual = 4096;
        try {
            std::vector<std::uint8_t> bytes;
            if (entry.deflated) {
                bytes = zipInflated(read, entry, m_size, m_path, usual);
            } else {
                bytes.resize(static_cast<std::size_t>(std::min(usual, entry.packed)));
                if (!read(zipData(read, entry, m_size, m_path), bytes.data(), bytes.size()))
                    return std::nullopt;
            }
            return parseNpyHeader(bytes, entry.size, m_path);
        } catch (const FileError &) {
            return std::nullopt; // not the embeddings; where it is chosen all the same, it is read again and says why
        }
    }

    bool couldBeFeatures(const ReadBytes &read, const ZipEntry &entry) const
    {
        const std::optional<NpyHeader> header = headerOf(read, entry);
        const auto shape = header && header->kind == 'f' ? featureShape(header->shape) : std::nullopt;
        return shape && shape->dim > 1;
    }

    /// A packed array lies in memory beside the float32 rows that are made of it: both must be in proportion to the file.
    void checkRoom(const ReadBytes &read, const ZipEntry &entry) const
    {
        const std::optional<NpyHeader> header = headerOf(read, entry);
        const std::uint64_t width = header ? header->width : 2;
        if (entry.size / width * (width + sizeof(float)) > (std::uint64_t{150} << 20) + 14 * entry.packed)
            throw FileError(m_path,
                            m_what + "would grow from " + std::to_string(entry.packed) + " to " + std::to_string(entry.size)
                                + " bytes, which is refused; save it with numpy.savez, which does not pack.");
    }

    FileOrBytes m_bytes;
    fs::path m_path;
    std::uint64_t m_size = 0; ///< of the file, then of what the array's member of an archive ends at
    std::uint64_t m_data = 0;
    NpyHeader m_header;
    int m_exponent = 0;                   ///< of the power of two that every row is multiplied by
    bool m_flushes = false;               ///< rows below what float32 holds in full become zero
    std::string m_what;                   ///< which of several tensors messages are about
    std::string m_converted;              ///< how it was read otherwise than it stands there
    std::vector<std::uint8_t> m_unpacked; ///< of a packed archive
};

} // namespace

std::unique_ptr<FeatureRows> openFeatures(const fs::path &path, std::vector<std::string> *notices)
{
    return std::make_unique<InFile>(FileOrBytes(path), notices);
}

std::unique_ptr<FeatureRows> parseFeatures(std::span<const std::uint8_t> bytes, const fs::path &name, std::vector<std::string> *notices)
{
    return std::make_unique<InFile>(FileOrBytes(bytes, name), notices);
}

} // namespace dscope
