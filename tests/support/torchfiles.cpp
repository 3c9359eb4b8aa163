// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/torchfiles.h"

#include <ATen/ATen.h>

#include <stdexcept>

#include <zlib.h>

namespace dscope::test {

namespace {

std::string little(std::uint64_t value, int bytes)
{
    std::string text;
    for (int i = 0; i < bytes; ++i, value = value >> 8)
        text += static_cast<char>(value & 0xFF);
    return text;
}

std::string typeOf(at::ScalarType type)
{
    switch (type) {
    case at::kFloat: return "FloatStorage";
    case at::kDouble: return "DoubleStorage";
    case at::kHalf: return "HalfStorage";
    case at::kBFloat16: return "BFloat16Storage";
    case at::kLong: return "LongStorage";
    case at::kInt: return "IntStorage";
    case at::kShort: return "ShortStorage";
    case at::kChar: return "CharStorage";
    case at::kByte: return "ByteStorage";
    case at::kBool: return "BoolStorage";
    default: throw std::logic_error("no storage of this type in the tests");
    }
}

std::string joined(const std::vector<std::string> &pieces)
{
    std::string all;
    for (const std::string &piece : pieces)
        all += piece;
    return all;
}

std::string numbers(const std::vector<std::int64_t> &values)
{
    std::vector<std::string> pieces;
    for (const std::int64_t value : values)
        pieces.push_back(pickled::number(value));
    return pickled::tuple(pieces);
}

} // namespace

static std::string deflated(const std::string &content)
{
    z_stream stream{};
    deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
    std::string out(deflateBound(&stream, content.size()), '\0');
    stream.next_in = reinterpret_cast<Bytef *>(const_cast<char *>(content.data()));
    stream.avail_in = static_cast<uInt>(content.size());
    stream.next_out = reinterpret_cast<Bytef *>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    deflate(&stream, Z_FINISH);
    out.resize(stream.total_out);
    deflateEnd(&stream);
    return out;
}

std::string zipOf(const std::vector<std::pair<std::string, std::string>> &entries, bool packed)
{
    std::string file;
    std::string directory;
    for (const auto &[name, content] : entries) {
        const std::size_t offset = file.size();
        const std::string inside = packed ? deflated(content) : content;
        const std::string method = little(0, 2) + little(packed ? 8 : 0, 2) + little(0, 8); // flags, method, time, checksum
        file += little(0x04034b50, 4) + little(20, 2) + method + little(inside.size(), 4) + little(content.size(), 4) + little(name.size(), 2) + little(0, 2)
            + name + inside;
        directory += little(0x02014b50, 4) + little(20, 2) + little(20, 2) + method + little(inside.size(), 4) + little(content.size(), 4)
            + little(name.size(), 2) + little(0, 12) + little(offset, 4) + name;
    }
    const std::size_t begin = file.size();
    return file + directory + little(0x06054b50, 4) + little(0, 4) + little(entries.size(), 2) + little(entries.size(), 2) + little(directory.size(), 4)
        + little(begin, 4) + little(0, 2);
}

namespace pickled {

std::string text(std::string_view text)
{
    return "X" + little(text.size(), 4) + std::string(text);
}
std::string number(std::int64_t value)
{
    return std::string("\x8a\x07", 2) + little(static_cast<std::uint64_t>(value), 7);
}
std::string global(const std::string &module, const std::string &name)
{
    return "c" + module + "\n" + name + "\n";
}
std::string tuple(const std::vector<std::string> &items)
{
    return "(" + joined(items) + "t";
}
std::string list(const std::vector<std::string> &items)
{
    return "](" + joined(items) + "e";
}
std::string dictOf(const std::vector<std::pair<std::string, std::string>> &items)
{
    std::string all = "}(";
    for (const auto &[key, value] : items)
        all += key + value;
    return all + "u";
}
std::string dict(const std::vector<std::pair<std::string, std::string>> &items)
{
    std::vector<std::pair<std::string, std::string>> named;
    for (const auto &[key, value] : items)
        named.emplace_back(text(key), value);
    return dictOf(named);
}
std::string orderedDict(const std::vector<std::pair<std::string, std::string>> &items)
{
    return global("collections", "OrderedDict") + ")R" + dict(items).substr(1);
}
std::string call(const std::string &function, const std::vector<std::string> &arguments)
{
    return function + tuple(arguments) + "R";
}
std::string object(const std::string &cls, const std::string &state)
{
    return cls + ")\x81" + state + "b";
}

} // namespace pickled

std::string TorchFile::addStorage(const std::string &type, std::string bytes, std::int64_t count)
{
    m_storages.push_back({type, std::move(bytes), count});
    return std::to_string(m_storages.size() - 1);
}

std::string TorchFile::view(const std::string &key, const std::vector<std::int64_t> &sizes, const std::vector<std::int64_t> &strides, std::int64_t offset) const
{
    const Storage &storage = m_storages.at(std::stoul(key));
    const std::string id = pickled::tuple({pickled::text("storage"), pickled::global("torch", storage.type), pickled::text(key), pickled::text("cpu"),
                                           pickled::number(storage.count)})
        + "Q";
    return pickled::call(pickled::global("torch._utils", "_rebuild_tensor_v2"),
                         {id, pickled::number(offset), numbers(sizes), numbers(strides), "\x89", pickled::orderedDict({})});
}

std::string TorchFile::tensor(const at::Tensor &tensor)
{
    const at::Tensor plain = tensor.detach().contiguous();
    const std::string bytes(static_cast<const char *>(plain.data_ptr()), plain.nbytes());
    return view(addStorage(typeOf(plain.scalar_type()), bytes, plain.numel()), plain.sizes().vec(), plain.strides().vec());
}

std::string TorchFile::stateDict(const StateDict &tensors, const std::string &prefix)
{
    std::vector<std::pair<std::string, std::string>> items;
    for (const auto &[name, value] : tensors)
        items.emplace_back(prefix + name, tensor(value));
    return pickled::orderedDict(items);
}

std::string TorchFile::zip(const std::string &root, bool packed) const
{
    std::vector<std::pair<std::string, std::string>> entries{{"a/data.pkl", "\x80\x02" + root + "."}};
    for (std::size_t i = 0; i < m_storages.size(); ++i)
        entries.emplace_back("a/data/" + std::to_string(i), m_storages[i].bytes);
    return zipOf(entries, packed);
}

std::string TorchFile::old(const std::string &root) const
{
    const std::string start = "\x80\x02";
    std::vector<std::string> keys;
    for (std::size_t i = 0; i < m_storages.size(); ++i)
        keys.push_back(pickled::text(std::to_string(i)));
    std::string file = start + "\x8a\x0a" + "\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19." + start + "M" + little(1001, 2) + "." + start
        + pickled::dict({{"protocol_version", pickled::number(1001)}, {"little_endian", "\x88"}}) + "." + start + root + "." + start + pickled::list(keys)
        + ".";
    for (const Storage &storage : m_storages)
        file += little(static_cast<std::uint64_t>(storage.count), 8) + storage.bytes;
    return file;
}

} // namespace dscope::test
