#include "core/discriminability/features.h"

#include "core/base/error.h"
#include "core/base/hash.h"
#include "core/base/inputfile.h"
#include "core/base/json.h"
#include "core/base/jsonfields.h"
#include "core/base/jsonlimits.h"
#include "core/base/npyheader.h"
#include "core/base/npz.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>
#include <vector>

namespace dscope {

namespace fs = std::filesystem;

namespace {

constexpr std::int64_t s_header = 4096; ///< bytes before the first row of a file of ours: the safetensors header filled up with spaces
constexpr std::uint64_t s_longestHeader = 1 << 26;

std::string reason()
{
    return systemReason(errno);
}

/// Reads exactly so many bytes.
void readAt(int file, const fs::path &path, std::uint64_t offset, void *out, std::size_t size)
{
    auto *to = static_cast<char *>(out);
    while (size > 0) {
        const ssize_t got = ::pread(file, to, size, static_cast<off_t>(offset));
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            throw FileError(path, got < 0 ? "cannot be read: " + reason() + "." : "is shorter than its header says.");
        to += got;
        offset += static_cast<std::uint64_t>(got);
        size -= static_cast<std::size_t>(got);
    }
}

void writeAt(int file, const fs::path &path, std::uint64_t offset, const void *from, std::size_t size)
{
    const auto *bytes = static_cast<const char *>(from);
    while (size > 0) {
        const ssize_t put = ::pwrite(file, bytes, size, static_cast<off_t>(offset));
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            throw FileError(path, "cannot be written: " + reason() + ".");
        bytes += put;
        offset += static_cast<std::uint64_t>(put);
        size -= static_cast<std::size_t>(put);
    }
}

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

/// Rows of a file in whatever form they come; of a packed archive the rows lie in memory.
class InFile final : public FeatureRows {
public:
    InFile(const fs::path &path, std::vector<std::string> *notices) : m_path(path)
    {
        InputFile opened(path);
        m_size = opened.size();
        m_file = opened.release();
        try {
            std::uint8_t start[12] = {};
            if (m_size < sizeof start)
                throw FileError(path, "is too short to hold features.");
            take(0, start, sizeof start);
            if (beginsLikeNpy(start))
                readNpyHeader();
            else if (beginsLikeZip(start))
                openArchive();
            else
                readSafetensorsHeader(start);
            if (m_dim == 1)
                throw FileError(path, "has rows of one value; an embedding has more. Its shape is " + m_shape + ".");
            const std::uint64_t row = static_cast<std::uint64_t>(m_dim) * m_header.width;
            if (m_dim <= 0 || m_count <= 0 || m_dim > (std::int64_t{1} << 24) || static_cast<std::uint64_t>(m_count) > (m_size - m_data) / row)
                throw FileError(path, "holds fewer values than its header says, or none.");
            if (notices != nullptr && !m_converted.empty())
                notices->push_back(path.string() + ": " + m_converted + ".");
        } catch (...) {
            ::close(m_file);
            throw;
        }
    }
    ~InFile() override { ::close(m_file); }
    InFile(const InFile &) = delete;
    InFile &operator=(const InFile &) = delete;

    void read(std::int64_t begin, std::span<float> out) const override
    {
        const std::uint64_t width = m_header.width;
        if (!m_header.fortran) {
            const std::uint64_t at = m_data + static_cast<std::uint64_t>(begin * m_dim) * width;
            if (width == sizeof(float) && !m_header.bigEndian) {
                take(at, out.data(), out.size_bytes());
                return;
            }
            std::vector<std::uint8_t> bytes(out.size() * width);
            take(at, bytes.data(), bytes.size());
            narrowNpy(m_header, bytes.data(), out);
            return;
        }
        // A column is one piece of the file.
        const std::size_t rows = out.size() / static_cast<std::size_t>(m_dim);
        std::vector<std::uint8_t> bytes(rows * width);
        std::vector<float> column(rows);
        for (std::int64_t j = 0; j < m_dim; ++j) {
            take(m_data + static_cast<std::uint64_t>(j * m_count + begin) * width, bytes.data(), bytes.size());
            narrowNpy(m_header, bytes.data(), column);
            for (std::size_t i = 0; i < rows; ++i)
                out[i * static_cast<std::size_t>(m_dim) + static_cast<std::size_t>(j)] = column[i];
        }
    }

private:
    void take(std::uint64_t offset, void *out, std::size_t size) const
    {
        if (m_unpacked.empty()) {
            readAt(m_file, m_path, offset, out, size);
            return;
        }
        if (offset > m_unpacked.size() || size > m_unpacked.size() - offset)
            throw FileError(m_path, "is shorter than its header says.");
        std::memcpy(out, m_unpacked.data() + offset, size);
    }

    void readSafetensorsHeader(const std::uint8_t *start)
    {
        std::uint64_t length = 0;
        for (int i = 7; i >= 0; --i)
            length = length << 8 | start[i];
        if (length < 2 || length > s_longestHeader || length > m_size - 8)
            throw FileError(m_path, "is neither safetensors nor .npy nor .npz; one of them is needed for features.");
        std::string text(length, '\0');
        readAt(m_file, m_path, 8, text.data(), text.size());
        constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
        const Json header = parseJson(text, m_path);
        const JsonFields fields(header, m_path);
        if (!fields.has("features"))
            throw FileError(m_path, "holds no tensor 'features'.");
        const JsonFields tensor = fields.object("features");
        const std::vector<std::int64_t> shape = tensor.wholes("shape", 64, 0, most);
        const std::vector<std::int64_t> offsets = tensor.wholes("data_offsets", 2, 0, most);
        if (tensor.text("dtype") != "F32" || shape.size() != 2 || offsets.size() != 2 || static_cast<std::uint64_t>(offsets[0]) > m_size - 8 - length)
            throw FileError(m_path, "its tensor 'features' is not float32 of [pictures, values].");
        m_count = shape[0];
        m_dim = shape[1];
        m_shape = shapeText(shape);
        m_data = 8 + length + static_cast<std::uint64_t>(offsets[0]);
    }

    /// Of the .npy that begins at `from`.
    void readNpyHeader(std::uint64_t from = 0)
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
        m_shape = shapeText(m_header.shape);
        if (m_header.kind != 'f')
            throw FileError(m_path, "holds whole numbers ('" + m_header.type + "'); embeddings are float32, float64 or float16.");
        std::vector<std::int64_t> sides = m_header.shape;
        // Axes of one value are no axes: stacked outputs [1, d] give (n, 1, d).
        for (std::size_t axis = sides.size(); sides.size() > 2 && axis-- > 0;)
            if (sides[axis] == 1 && axis > 0)
                sides.erase(sides.begin() + static_cast<std::ptrdiff_t>(axis));
        if (sides.size() > 2 && sides.front() == 1)
            sides.erase(sides.begin());
        if (sides.size() != 2)
            throw FileError(m_path, "is of shape " + m_shape + "; two axes are needed, pictures and values.");
        m_count = sides[0];
        m_dim = sides[1];
        const auto say = [this](const std::string &what) { m_converted += (m_converted.empty() ? "read as float32 [" + std::to_string(m_count) + ", " + std::to_string(m_dim) + "] from " : ", ") + what; };
        if (sides.size() != m_header.shape.size())
            say("shape " + m_shape);
        if (m_header.width != 4)
            say("float" + std::to_string(8 * m_header.width));
        if (m_header.bigEndian)
            say("big-endian");
        if (m_header.fortran)
            say("Fortran order");
    }

    void openArchive()
    {
        const ReadBytes read = [this](std::uint64_t offset, void *to, std::size_t size) {
            if (offset > m_size || size > m_size - offset)
                return false;
            readAt(m_file, m_path, offset, to, size);
            return true;
        };
        std::vector<ZipEntry> arrays;
        std::string names;
        for (ZipEntry &entry : zipEntries(read, m_size, m_path))
            if (entry.name.ends_with(".npy")) {
                if (arrays.size() < 10)
                    names += (names.empty() ? "" : ", ") + entry.name.substr(0, 80);
                arrays.push_back(std::move(entry));
            }
        if (arrays.empty())
            throw FileError(m_path, "is an archive without a .npy.");
        const ZipEntry *chosen = arrays.size() == 1 ? &arrays.front() : nullptr;
        for (const char *name : {"embeddings.npy", "features.npy", "arr_0.npy"})
            for (const ZipEntry &entry : arrays)
                if (chosen == nullptr && entry.name == name)
                    chosen = &entry;
        if (chosen == nullptr)
            throw FileError(m_path, "holds several arrays, none of them called embeddings or features: " + names + ". Save the one alone.");
        const std::uint64_t begin = zipData(read, *chosen, m_size, m_path);
        std::uint64_t from = begin;
        if (chosen->deflated) {
            m_unpacked = zipInflated(read, *chosen, m_size, m_path);
            m_size = m_unpacked.size();
            from = 0;
        } else {
            m_size = begin + chosen->packed;
        }
        readNpyHeader(from);
        m_converted = "its array " + chosen->name.substr(0, chosen->name.size() - 4) + " is used" + (m_converted.empty() ? "" : ", " + m_converted);
    }

    static std::string shapeText(const std::vector<std::int64_t> &shape)
    {
        std::string text;
        for (const std::int64_t side : shape)
            text += (text.empty() ? "" : ", ") + std::to_string(side);
        return '(' + text + ')';
    }

    fs::path m_path;
    int m_file = -1;
    std::uint64_t m_size = 0;
    std::uint64_t m_data = 0;
    NpyHeader m_header; ///< of a safetensors: what stands there by default, float32 in order
    std::string m_shape;
    std::string m_converted;              ///< how it was read otherwise than it stands there
    std::vector<std::uint8_t> m_unpacked; ///< of a packed archive
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

std::unique_ptr<FeatureRows> chosenFeatures(const FeatureRows &rows, const std::vector<std::int64_t> &chosen)
{
    return std::make_unique<Chosen>(rows, chosen);
}

std::unique_ptr<FeatureRows> featuresInMemory(std::span<const float> features, std::int64_t dim)
{
    return std::make_unique<InMemory>(features, dim);
}

std::unique_ptr<FeatureRows> openFeatures(const fs::path &path, std::vector<std::string> *notices)
{
    return std::make_unique<InFile>(path, notices);
}

FeatureWriter::FeatureWriter(const fs::path &path, std::int64_t dim, const std::string &identity)
    : m_path(path), m_part(path.string() + ".part"), m_identity(sha256(identity + "\ndim " + std::to_string(dim))), m_dim(dim)
{
    if (dim <= 0)
        throw Error("Features need at least one value.");
    if (path.has_parent_path()) {
        std::error_code problem;
        fs::create_directories(path.parent_path(), problem);
    }
    m_file = ::open(m_part.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (m_file < 0)
        throw FileError(m_part, "cannot be written: " + reason() + ".");
    try {
        struct stat info {};
        if (::fstat(m_file, &info) != 0)
            throw FileError(m_part, "cannot be read: " + reason() + ".");
        const auto row = static_cast<std::int64_t>(sizeof(float)) * dim;
        bool same = false;
        if (info.st_size >= s_header) {
            std::string text(static_cast<std::size_t>(s_header), '\0');
            readAt(m_file, m_part, 0, text.data(), text.size());
            same = text.find('"' + m_identity + '"') != std::string::npos;
        }
        m_count = same ? (info.st_size - s_header) / row : 0;
        // A row that was cut off in the middle is written again.
        if (::ftruncate(m_file, same ? s_header + m_count * row : 0) != 0)
            throw FileError(m_part, "cannot be written: " + reason() + ".");
        if (!same)
            writeHeader();
    } catch (...) {
        ::close(m_file);
        throw;
    }
}

FeatureWriter::~FeatureWriter()
{
    if (m_file >= 0)
        ::close(m_file);
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
    writeAt(m_file, m_part, 0, text.data(), text.size());
}

void FeatureWriter::keepOnly(std::int64_t rows)
{
    if (rows >= m_count)
        return;
    m_count = std::max<std::int64_t>(0, rows);
    if (::ftruncate(m_file, s_header + m_count * m_dim * static_cast<std::int64_t>(sizeof(float))) != 0)
        throw FileError(m_part, "cannot be written: " + reason() + ".");
}

void FeatureWriter::add(std::span<const float> rows)
{
    if (rows.size() % static_cast<std::size_t>(m_dim) != 0)
        throw Error(std::to_string(rows.size()) + " values are no whole number of features of " + std::to_string(m_dim) + ".");
    writeAt(m_file, m_part, static_cast<std::uint64_t>(s_header) + static_cast<std::uint64_t>(m_count * m_dim) * sizeof(float), rows.data(), rows.size_bytes());
    if (::fdatasync(m_file) != 0)
        throw FileError(m_part, "cannot be written: " + reason() + ".");
    m_count += static_cast<std::int64_t>(rows.size()) / m_dim;
}

void FeatureWriter::finish()
{
    writeHeader();
    const bool kept = ::fsync(m_file) == 0;
    const bool closed = ::close(m_file) == 0;
    m_file = -1;
    if (!kept || !closed)
        throw FileError(m_part, "cannot be written: " + reason() + ".");
    std::error_code problem;
    fs::rename(m_part, m_path, problem);
    if (problem)
        throw FileError(m_path, "cannot be written: " + systemReason(problem.value()) + ".");
}

} // namespace dscope
