// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/npy.h"

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/npyheader.h"

#include <ostream>
#include <utility>

namespace dscope {

std::int64_t NpyArray::size() const
{
    std::int64_t n = 1;
    for (const std::int64_t side : shape)
        n *= side;
    return n;
}

NpyArray parseNpy(std::span<const std::uint8_t> bytes, const std::filesystem::path &name)
{
    const NpyHeader header = parseNpyHeader(bytes, bytes.size(), name);
    NpyArray array;
    array.type = header.type;
    array.shape = header.shape;
    array.values.resize(static_cast<std::size_t>(header.count()));
    widenNpy(header, bytes.data() + header.data, array.values);
    if (header.fortran && header.shape.size() > 1) {
        // The first axis runs fastest in the file, the last one here.
        std::vector<double> rows(array.values.size());
        std::vector<std::int64_t> place(header.shape.size(), 0);
        for (const double value : array.values) {
            std::size_t at = 0;
            for (std::size_t axis = 0; axis < place.size(); ++axis)
                at = at * static_cast<std::size_t>(header.shape[axis]) + static_cast<std::size_t>(place[axis]);
            rows[at] = value;
            for (std::size_t axis = 0; axis < place.size() && ++place[axis] == header.shape[axis]; ++axis)
                place[axis] = 0;
        }
        array.values = std::move(rows);
    }
    return array;
}

NpyArray readNpy(const std::filesystem::path &path)
{
    return parseNpy(readBytes(path, std::uint64_t{1} << 36), path);
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
