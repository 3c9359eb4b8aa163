// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tasks/reid/matfile.h"

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/inputfile.h"
#include "core/base/text.h"

#include <matio.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

namespace dscope {

namespace fs = std::filesystem;

namespace {

using Bytes = std::vector<std::uint8_t>;

constexpr std::size_t s_headerBytes = 128;
constexpr std::size_t s_longestName = 4096;
constexpr std::size_t s_mostVariables = 1000;

// Types of the elements that a file consists of, and classes of arrays, by their numbers in "MAT-File Format".
constexpr std::uint32_t s_int8 = 1;
constexpr std::uint32_t s_int32 = 5;
constexpr std::uint32_t s_uint32 = 6;
constexpr std::uint32_t s_matrix = 14;
constexpr std::uint32_t s_compressed = 15;
constexpr std::uint32_t s_utf8 = 16;
constexpr int s_firstNumericClass = 6;
constexpr int s_lastNumericClass = 15;

/// Bytes of a value of an element's type; 0 where it is none of numbers.
std::uint64_t bytesOfType(std::uint32_t type)
{
    constexpr std::array<std::uint64_t, 14> sizes{0, 1, 1, 2, 2, 4, 4, 4, 0, 8, 0, 0, 8, 8};
    return type < sizes.size() ? sizes[type] : 0;
}

std::string nameOfClass(int number)
{
    constexpr std::array names{"cell array", "structure", "object", "text", "sparse array"};
    return number >= 1 && number <= static_cast<int>(names.size()) ? names[static_cast<std::size_t>(number - 1)] : "unknown kind of array";
}

/// A file that is in memory alone, for a library that opens its files by name.
class MemoryFile {
public:
    explicit MemoryFile(const fs::path &about) : m_file(memfd_create("dscope-mat", MFD_CLOEXEC))
    {
        if (m_file < 0)
            throw FileError(about, "cannot be taken into memory: " + systemReason(errno) + ".");
    }
    ~MemoryFile() { close(m_file); }
    MemoryFile(const MemoryFile &) = delete;
    MemoryFile &operator=(const MemoryFile &) = delete;

    std::string name() const { return "/proc/self/fd/" + std::to_string(m_file); }
    bool write(const void *from, std::size_t count) const
    {
        const auto *at = static_cast<const char *>(from);
        while (count > 0) {
            const ssize_t written = ::write(m_file, at, count);
            if (written < 0 && errno == EINTR)
                continue;
            if (written <= 0)
                return false;
            at += written;
            count -= static_cast<std::size_t>(written);
        }
        return true;
    }
    /// All of it; nothing where it cannot be read.
    std::optional<std::string> content() const
    {
        const off_t size = lseek(m_file, 0, SEEK_END);
        if (size < 0)
            return std::nullopt;
        std::string text(static_cast<std::size_t>(size), '\0');
        for (std::size_t at = 0; at < text.size();) {
            const ssize_t got = pread(m_file, text.data() + at, text.size() - at, static_cast<off_t>(at));
            if (got < 0 && errno == EINTR)
                continue;
            if (got <= 0)
                return std::nullopt;
            at += static_cast<std::size_t>(got);
        }
        return text;
    }

private:
    int m_file;
};

/// libmatio prints what it finds, and its last word on some of it is abort(). What is wrong is said here.
void silenceMatio()
{
    static std::once_flag once;
    std::call_once(once, [] { Mat_LogInitFunc("dscope", [](int, char *) {}); });
}

struct MatCloser {
    void operator()(mat_t *file) const { Mat_Close(file); }
    void operator()(matvar_t *variable) const { Mat_VarFree(variable); }
};
using MatFile = std::unique_ptr<mat_t, MatCloser>;
using MatVariable = std::unique_ptr<matvar_t, MatCloser>;

/// The bytes of one element of a file, one after the other: as they stand there, or unpacked.
class ElementReader {
public:
    ElementReader(const FileOrBytes &file, std::uint64_t at, std::uint64_t size, bool packed) : m_file(file), m_at(at), m_end(at + size), m_packed(packed)
    {
        if (!packed)
            return;
        if (inflateInit(&m_stream) != Z_OK)
            throw std::bad_alloc();
        m_input.resize(std::min<std::uint64_t>(size, std::uint64_t{1} << 16));
    }
    ~ElementReader()
    {
        if (m_packed)
            inflateEnd(&m_stream);
    }
    ElementReader(const ElementReader &) = delete;
    ElementReader &operator=(const ElementReader &) = delete;

    /// Appends the next `count` bytes. False where there are not so many, or where they cannot be unpacked.
    bool append(Bytes &to, std::size_t count)
    {
        // Room is taken as bytes come: what is announced may not be there.
        constexpr std::size_t step = std::size_t{1} << 20;
        while (count > 0) {
            const std::size_t part = std::min(count, step);
            const std::size_t before = to.size();
            to.resize(before + part);
            if (!(m_packed ? unpack(to.data() + before, part) : copy(to.data() + before, part)))
                return false;
            count -= part;
        }
        return true;
    }

private:
    bool copy(std::uint8_t *to, std::size_t count)
    {
        if (m_end - m_at < count || m_file.readSome(m_at, to, count) != count)
            return false;
        m_at += count;
        return true;
    }
    bool unpack(std::uint8_t *to, std::size_t count)
    {
        m_stream.next_out = to;
        m_stream.avail_out = static_cast<uInt>(count);
        while (m_stream.avail_out > 0) {
            if (m_stream.avail_in == 0 && m_at < m_end) {
                const std::size_t got = m_file.readSome(m_at, m_input.data(), std::min<std::uint64_t>(m_input.size(), m_end - m_at));
                if (got == 0)
                    return false;
                m_at += got;
                m_stream.next_in = m_input.data();
                m_stream.avail_in = static_cast<uInt>(got);
            }
            const int result = inflate(&m_stream, Z_NO_FLUSH);
            if (result != Z_OK && (result != Z_STREAM_END || m_stream.avail_out > 0))
                return false;
        }
        return true;
    }

    const FileOrBytes &m_file;
    std::uint64_t m_at;
    std::uint64_t m_end;
    bool m_packed;
    z_stream m_stream{};
    Bytes m_input;
};

/// What stands before an array's values.
struct ArrayHead {
    std::string name;
    int kind = 0; ///< its class
    bool complex = false;
    std::vector<std::int64_t> sizes; ///< of its axes

    bool numeric() const { return kind >= s_firstNumericClass && kind <= s_lastNumericClass; }
    bool usable() const { return numeric() && !complex && sizes.size() == 2; }
    std::string inWords() const
    {
        if (!numeric())
            return nameOfClass(kind);
        if (complex)
            return "array of complex numbers";
        return "array of " + std::to_string(sizes.size()) + " axes";
    }
};

/// A file as the elements of its top level.
class MatParser {
public:
    explicit MatParser(const FileOrBytes &file) : m_file(file)
    {
        Bytes header(s_headerBytes);
        const std::size_t got = file.readSome(0, header.data(), header.size());
        header.resize(got);
        const std::string_view text(reinterpret_cast<const char *>(header.data()), got);
        if (text.starts_with("MATLAB 7.3") || text.starts_with("\x89HDF"))
            throw FileError(file.path(), "is one of MATLAB's files of version 7.3 (HDF5), which are not read. Save it again with save(..., '-v7').");
        if (!text.starts_with("MATLAB 5.0") || got < s_headerBytes)
            throw FileError(file.path(),
                            "is none of MATLAB's files of version 5 to 7.2: their first words are 'MATLAB 5.0', in " + std::to_string(s_headerBytes)
                                + " bytes.");
        const std::string_view order = text.substr(126, 2);
        if (order != "IM" && order != "MI")
            throw FileError(file.path(), "does not say the order of its bytes, as MATLAB's files do.");
        m_swapped = order == "MI"; // little-endian reads "IM"
        m_header = std::move(header);
    }

    /// Calls `use` with each array's head, its bytes so far and what gives the others, until it returns false.
    template<typename Use>
    void forEachArray(const Use &use)
    {
        std::uint64_t at = s_headerBytes;
        for (std::size_t count = 0; at < m_file.size(); ++count) {
            if (count == s_mostVariables)
                throw FileError(m_file.path(), "holds more than " + std::to_string(s_mostVariables) + " variables.");
            std::array<std::uint8_t, 8> tag{};
            if (m_file.readSome(at, tag.data(), tag.size()) != tag.size())
                throw FileError(m_file.path(), "ends inside of an element.");
            const std::uint32_t type = word(tag.data());
            const std::uint32_t size = word(tag.data() + 4);
            if (size > m_file.size() - at - tag.size())
                throw FileError(m_file.path(),
                                "ends before the element at byte " + std::to_string(at) + " does, which is to have " + std::to_string(size) + " bytes.");
            if (type == s_matrix || type == s_compressed) {
                const bool packed = type == s_compressed;
                ElementReader bytes(m_file, packed ? at + tag.size() : at, packed ? size : size + tag.size(), packed);
                Bytes array;
                if (const std::optional<ArrayHead> head = readHead(bytes, array, at); head && !use(*head, array, bytes))
                    return;
            }
            at += tag.size() + size;
            if (type != s_compressed)
                at += (8 - size % 8) % 8;
        }
    }

    /// Reads an array's values behind its head. @return the array as a file of its own, a header before it
    void readValues(const ArrayHead &head, Bytes &array, ElementReader &bytes, std::uint64_t count) const
    {
        const auto wrong = [&](const std::string &what) { return FileError(m_file.path(), "its array '" + shownName(head.name) + "' " + what); };
        const std::size_t at = array.size();
        if (!bytes.append(array, 8))
            throw wrong("has no values.");
        const std::uint32_t first = word(array.data() + at);
        const bool small = first >> 16 != 0; // up to four bytes, which stand in the tag
        const std::uint32_t type = small ? first & 0xffff : first;
        const std::uint64_t size = small ? first >> 16 : word(array.data() + at + 4);
        const std::uint64_t each = bytesOfType(type);
        if (each == 0)
            throw wrong("holds values of the type " + std::to_string(type) + ", which are no numbers.");
        if (size != count * each || (small && size > 4))
            throw wrong("holds " + std::to_string(size) + " bytes, where " + std::to_string(count) + " values of " + std::to_string(each)
                        + " bytes are to be.");
        if (!small && !bytes.append(array, static_cast<std::size_t>(size)))
            throw wrong("is damaged, or the file ends within it.");
        array.resize((array.size() + 7) / 8 * 8);
        put(array.data(), s_matrix);
        put(array.data() + 4, static_cast<std::uint32_t>(array.size() - 8)); // what follows the values, if anything, is left out
    }

    const Bytes &header() const { return m_header; }

private:
    std::uint32_t word(const std::uint8_t *at) const
    {
        const auto byte = [&](int i) { return std::uint32_t{at[m_swapped ? 3 - i : i]}; };
        return byte(0) | byte(1) << 8 | byte(2) << 16 | byte(3) << 24;
    }
    void put(std::uint8_t *at, std::uint32_t value) const
    {
        for (int i = 0; i < 4; ++i)
            at[m_swapped ? 3 - i : i] = static_cast<std::uint8_t>(value >> 8 * i);
    }

    /// @param at where the element begins @return nothing for what has no name or is none of MATLAB's arrays
    std::optional<ArrayHead> readHead(ElementReader &bytes, Bytes &array, std::uint64_t at) const
    {
        const auto wrong = [&](const std::string &what) { return FileError(m_file.path(), "its element at byte " + std::to_string(at) + " " + what); };
        constexpr std::size_t untilAxes = 32; // tag, flags with their tag, tag of the sizes
        if (!bytes.append(array, untilAxes))
            throw wrong("is damaged.");
        if (word(array.data()) != s_matrix)
            return std::nullopt;
        if (word(array.data() + 8) != s_uint32 || word(array.data() + 12) != 8)
            throw wrong("does not say what it is.");
        ArrayHead head;
        const std::uint32_t flags = word(array.data() + 16);
        head.kind = static_cast<int>(flags & 0xff);
        head.complex = (flags & 0x800) != 0;
        if (head.kind < 1 || head.kind > s_lastNumericClass)
            return std::nullopt; // functions and objects, which are laid out otherwise
        constexpr std::uint32_t mostAxes = 32;
        const std::uint32_t axes = word(array.data() + 28);
        if (word(array.data() + 24) != s_int32 || axes % 4 != 0 || axes < 8 || axes > 4 * mostAxes || !bytes.append(array, (axes + 7) / 8 * 8))
            throw wrong("does not say its size.");
        for (std::size_t i = 0; i < axes / 4; ++i)
            head.sizes.push_back(static_cast<std::int32_t>(word(array.data() + untilAxes + 4 * i)));
        const std::size_t name = array.size();
        if (!bytes.append(array, 8))
            throw wrong("has no name.");
        const std::uint32_t first = word(array.data() + name);
        const bool small = first >> 16 != 0;
        const std::uint32_t type = small ? first & 0xffff : first;
        const std::uint32_t length = small ? first >> 16 : word(array.data() + name + 4);
        if ((type != s_int8 && type != s_utf8) || length > (small ? 4 : s_longestName) || (!small && !bytes.append(array, (length + 7) / 8 * 8)))
            throw wrong("has no name.");
        head.name.assign(reinterpret_cast<const char *>(array.data()) + name + (small ? 4 : 8), length);
        if (head.name.empty())
            return std::nullopt; // what MATLAB keeps for itself
        return head;
    }

    const FileOrBytes &m_file;
    Bytes m_header;
    bool m_swapped = false;
};

template<typename T>
void widen(const void *from, std::vector<double> &to)
{
    const T *values = static_cast<const T *>(from);
    std::transform(values, values + to.size(), to.begin(), [](T value) { return static_cast<double>(value); });
}

/// False for a class that is none of numbers.
bool widen(const matvar_t &variable, std::vector<double> &to)
{
    switch (variable.class_type) {
    case MAT_C_DOUBLE: return widen<double>(variable.data, to), true;
    case MAT_C_SINGLE: return widen<float>(variable.data, to), true;
    case MAT_C_INT8: return widen<std::int8_t>(variable.data, to), true;
    case MAT_C_UINT8: return widen<std::uint8_t>(variable.data, to), true;
    case MAT_C_INT16: return widen<std::int16_t>(variable.data, to), true;
    case MAT_C_UINT16: return widen<std::uint16_t>(variable.data, to), true;
    case MAT_C_INT32: return widen<std::int32_t>(variable.data, to), true;
    case MAT_C_UINT32: return widen<std::uint32_t>(variable.data, to), true;
    case MAT_C_INT64: return widen<std::int64_t>(variable.data, to), true;
    case MAT_C_UINT64: return widen<std::uint64_t>(variable.data, to), true;
    default: return false;
    }
}

/// Lets libmatio read the one array. @param array as a file of its own, without the header
void convert(const fs::path &path, const Bytes &header, Bytes array, MatMatrix &matrix)
{
    const MemoryFile memory(path);
    if (!memory.write(header.data(), header.size()) || !memory.write(array.data(), array.size()))
        throw FileError(path, "cannot be taken into memory: " + systemReason(errno) + ".");
    Bytes().swap(array);
    silenceMatio();
    const MatFile file(Mat_Open(memory.name().c_str(), MAT_ACC_RDONLY));
    const MatVariable variable(file ? Mat_VarReadNext(file.get()) : nullptr);
    const auto bytes = [&] { return Mat_SizeOfClass(variable->class_type) * matrix.values.size(); };
    if (!variable || variable->data == nullptr || variable->nbytes != bytes() || !widen(*variable, matrix.values))
        throw FileError(path, "its array '" + shownName(matrix.name) + "' cannot be read.");
}

} // namespace

MatMatrix readMat(const FileOrBytes &file, const MatOptions &options)
{
    MatParser parser(file);
    MatMatrix matrix;
    Bytes chosen;
    bool found = false;
    std::string others; // in words
    std::size_t count = 0;
    parser.forEachArray([&](const ArrayHead &head, Bytes &array, ElementReader &bytes) {
        const std::string shown = "'" + shownName(head.name) + "'";
        constexpr std::size_t mostNamed = 5;
        if (const bool wanted = options.variable.empty() ? head.usable() : head.name == options.variable; !wanted) {
            if (++count <= mostNamed)
                others += (others.empty() ? "" : ", ") + shown + (head.usable() ? "" : " (" + head.inWords() + ")");
            return true;
        }
        if (!head.usable())
            throw FileError(file.path(), "its variable " + shown + " is a " + head.inWords() + ", not an array of real numbers with two axes.");
        if (found)
            throw FileError(file.path(), "holds several arrays, '" + shownName(matrix.name) + "' and " + shown + " among them; one is to be in it.");
        const std::int64_t rows = head.sizes[0];
        const std::int64_t columns = head.sizes[1];
        if (rows < 0 || columns < 0 || (rows > 0 && columns > options.values / rows))
            throw FileError(file.path(),
                            "its array " + shown + " is " + std::to_string(rows) + " x " + std::to_string(columns) + "; at most "
                                + std::to_string(options.values) + " values are read.");
        matrix.name = head.name;
        matrix.rows = rows;
        matrix.columns = columns;
        parser.readValues(head, array, bytes, static_cast<std::uint64_t>(rows * columns));
        chosen = std::move(array);
        found = true;
        return options.variable.empty(); // there may be a second one
    });
    if (!found) {
        const std::string what = options.variable.empty() ? "no array of real numbers with two axes" : "no variable '" + shownName(options.variable) + "'";
        throw FileError(file.path(),
                        "holds " + what
                            + (count == 0 ? "." : "; there " + std::string(count == 1 ? "is " : "are ") + others + (count > 5 ? ", ..." : "") + "."));
    }
    matrix.values.resize(static_cast<std::size_t>(matrix.rows * matrix.columns));
    if (!matrix.values.empty())
        convert(file.path(), parser.header(), std::move(chosen), matrix);
    return matrix;
}

void writeMat(const fs::path &path, const MatMatrix &matrix)
{
    silenceMatio();
    const MemoryFile memory(path);
    const auto failed = [&] { return FileError(path, "cannot be written as one of MATLAB's files."); };
    {
        const MatFile file(Mat_CreateVer(memory.name().c_str(), "MATLAB 5.0 MAT-file, written by Dscope", MAT_FT_MAT5));
        std::array<std::size_t, 2> sizes{static_cast<std::size_t>(matrix.rows), static_cast<std::size_t>(matrix.columns)};
        // libmatio does not change what it writes.
        auto *values = const_cast<double *>(matrix.values.data());
        const MatVariable variable(Mat_VarCreate(matrix.name.c_str(), MAT_C_DOUBLE, MAT_T_DOUBLE, 2, sizes.data(), values, MAT_F_DONT_COPY_DATA));
        if (!file || !variable || Mat_VarWrite(file.get(), variable.get(), MAT_COMPRESSION_ZLIB) != 0)
            throw failed();
    }
    const std::optional<std::string> content = memory.content();
    if (!content || content->size() <= s_headerBytes)
        throw failed();
    writeAtomically(path, *content);
}

} // namespace dscope
