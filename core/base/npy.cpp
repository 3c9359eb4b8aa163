#include "core/base/npy.h"

#include "core/base/error.h"
#include "core/base/files.h"

#include <c10/util/Half.h>

#include <cstring>
#include <ostream>

namespace dscope {

namespace {

std::string field(const std::filesystem::path &path, const std::string &header, const std::string &name)
{
    const std::size_t key = header.find("'" + name + "'");
    const std::size_t colon = key == std::string::npos ? key : header.find(':', key);
    if (colon == std::string::npos)
        throw FileError(path, "its header has no '" + name + "'; it is not a usable .npy file.");
    const std::size_t begin = header.find_first_not_of(' ', colon + 1);
    if (begin == std::string::npos)
        throw FileError(path, "its header ends within '" + name + "'.");
    const char close = header[begin] == '(' ? ')' : header[begin] == '\'' ? '\'' : ',';
    const std::size_t end = header.find(close, begin + 1);
    if (end == std::string::npos)
        throw FileError(path, "its header ends within '" + name + "'.");
    return close == ',' ? header.substr(begin, end - begin) : header.substr(begin + 1, end - begin - 1);
}

template<typename T>
void widen(const std::uint8_t *bytes, std::vector<double> &values)
{
    for (std::size_t i = 0; i < values.size(); ++i) {
        T value;
        std::memcpy(&value, bytes + i * sizeof(T), sizeof(T));
        values[i] = static_cast<double>(value);
    }
}

} // namespace

std::int64_t NpyArray::size() const
{
    std::int64_t n = 1;
    for (const std::int64_t side : shape)
        n *= side;
    return n;
}

NpyArray readNpy(const std::filesystem::path &path)
{
    const std::vector<std::uint8_t> bytes = readBytes(path, std::uint64_t{1} << 36);
    if (bytes.size() < 12 || std::memcmp(bytes.data(), "\x93NUMPY", 6) != 0)
        throw FileError(path, "is not a .npy file (it does not begin with \\x93NUMPY).");
    const int major = bytes[6];
    if (major < 1 || major > 3)
        throw FileError(path, "is a .npy file of version " + std::to_string(major) + "; versions 1 to 3 can be read.");
    const std::size_t lengthBytes = major == 1 ? 2 : 4;
    std::size_t length = 0;
    for (std::size_t i = 0; i < lengthBytes; ++i)
        length |= std::size_t{bytes[8 + i]} << (8 * i);
    const std::size_t begin = 8 + lengthBytes;
    if (length > bytes.size() - begin)
        throw FileError(path, "its header is cut off.");
    const std::string header(bytes.begin() + static_cast<std::ptrdiff_t>(begin), bytes.begin() + static_cast<std::ptrdiff_t>(begin + length));

    NpyArray array;
    array.type = field(path, header, "descr");
    if (field(path, header, "fortran_order").rfind("True", 0) == 0)
        throw FileError(path, "is in Fortran order; save it with numpy.ascontiguousarray.");
    const std::string shape = field(path, header, "shape");
    std::int64_t count = 1;
    for (std::size_t at = 0; at < shape.size();) {
        if (shape[at] < '0' || shape[at] > '9') {
            ++at;
            continue;
        }
        std::int64_t side = 0;
        for (; at < shape.size() && shape[at] >= '0' && shape[at] <= '9'; ++at) {
            side = side * 10 + (shape[at] - '0');
            if (side > (std::int64_t{1} << 40))
                throw FileError(path, "its header names an absurd shape (" + shape + ").");
        }
        array.shape.push_back(side);
        if (side > 0 && count > (std::int64_t{1} << 40) / side)
            throw FileError(path, "its header names an absurd shape (" + shape + ").");
        count *= side;
    }
    const std::string kind = array.type.size() >= 3 ? array.type.substr(1) : array.type;
    if (array.type.empty() || array.type[0] == '>' || kind.size() != 2 || std::string("fiub").find(kind[0]) == std::string::npos)
        throw FileError(path, "holds type '" + array.type + "', which cannot be read; save it as float32.");
    const std::size_t width = static_cast<std::size_t>(kind[1] - '0');
    const std::size_t have = bytes.size() - begin - length;
    if (width == 0 || width > 8 || static_cast<std::uint64_t>(count) * width > have)
        throw FileError(path, "holds " + std::to_string(have) + " bytes of data, " + std::to_string(count) + " values of '" + array.type + "' were announced.");
    array.values.resize(static_cast<std::size_t>(count));
    const std::uint8_t *data = bytes.data() + begin + length;
    if (kind == "f4")
        widen<float>(data, array.values);
    else if (kind == "f8")
        widen<double>(data, array.values);
    else if (kind == "f2")
        widen<c10::Half>(data, array.values);
    else if (kind == "i1")
        widen<std::int8_t>(data, array.values);
    else if (kind == "i2")
        widen<std::int16_t>(data, array.values);
    else if (kind == "i4")
        widen<std::int32_t>(data, array.values);
    else if (kind == "i8")
        widen<std::int64_t>(data, array.values);
    else if (kind == "u1" || kind == "b1")
        widen<std::uint8_t>(data, array.values);
    else if (kind == "u2")
        widen<std::uint16_t>(data, array.values);
    else if (kind == "u4")
        widen<std::uint32_t>(data, array.values);
    else if (kind == "u8")
        widen<std::uint64_t>(data, array.values);
    else
        throw FileError(path, "holds type '" + array.type + "', which cannot be read; save it as float32.");
    return array;
}

std::string npyHeader(const std::vector<std::int64_t> &shape)
{
    std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': (";
    for (const std::int64_t side : shape)
        header += std::to_string(side) + ",";
    header += "), }";
    while ((10 + header.size() + 1) % 64 != 0)
        header += ' ';
    header += '\n';
    const char magic[] = {'\x93', 'N', 'U', 'M', 'P', 'Y', 1, 0, static_cast<char>(header.size() & 255), static_cast<char>(header.size() >> 8)};
    return std::string(magic, sizeof magic) + header;
}

void writeNpy(const std::filesystem::path &path, const std::vector<std::int64_t> &shape, const std::vector<float> &values)
{
    std::int64_t count = 1;
    for (const std::int64_t side : shape)
        count *= side;
    if (count != static_cast<std::int64_t>(values.size()))
        throw Error("The shape names " + std::to_string(count) + " values, there are " + std::to_string(values.size()) + ".");
    writeAtomically(path, [&](std::ostream &out) {
        out << npyHeader(shape);
        out.write(reinterpret_cast<const char *>(values.data()), static_cast<std::streamsize>(values.size() * sizeof(float)));
    });
}

} // namespace dscope
