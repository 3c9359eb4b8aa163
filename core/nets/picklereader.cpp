#include "core/nets/checkpoint.h"

#include "core/base/error.h"
#include "core/base/files.h"

#include <ATen/ATen.h>

#include <cstring>
#include <limits>
#include <memory>
#include <optional>
#include <string_view>
#include <variant>
#include <vector>

// The zip form of a PyTorch state dict: data.pkl describes dictionaries of tensors, data/N hold the storages. The pickle is read by a small
// machine that knows just the operations such a description needs; a global outside the list below ends the reading.

namespace dscope {

namespace {

using Bytes = std::vector<std::uint8_t>;

struct ZipEntry {
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
};

std::uint64_t little(const std::uint8_t *at, int bytes)
{
    std::uint64_t value = 0;
    for (int i = 0; i < bytes; ++i)
        value |= std::uint64_t{at[i]} << (8 * i);
    return value;
}

/// Names and places of a zip's stored (uncompressed) entries.
std::map<std::string, ZipEntry> readZip(detail::PartedFile &file, const std::filesystem::path &path)
{
    if (file.size() < 22)
        throw FileError(path, "is too short to be a PyTorch file.");
    // At the end lie the directory's place and, before it, a zip64's pointer to the same.
    constexpr std::uint64_t most = 22 + 65536 + 20;
    const std::uint64_t tailBegin = file.size() > most ? file.size() - most : 0;
    const Bytes tail = file.read(tailBegin, file.size() - tailBegin);
    std::size_t end = tail.size() - 22;
    const std::size_t lowest = end > 65536 ? end - 65536 : 0;
    while (little(tail.data() + end, 4) != 0x06054b50) {
        if (end == lowest)
            throw FileError(path, "has no zip directory at its end: it is cut off, or not a PyTorch zip file.");
        --end;
    }
    std::uint64_t entries = little(tail.data() + end + 10, 2);
    std::uint64_t begin = little(tail.data() + end + 16, 4);
    if ((entries == 0xffff || begin == 0xffffffff) && end >= 20 && little(tail.data() + end - 20, 4) == 0x07064b50) {
        const std::uint64_t zip64 = little(tail.data() + end - 12, 8);
        if (file.size() < 56 || zip64 > file.size() - 56)
            throw FileError(path, "its zip directory is damaged.");
        const Bytes record = file.read(zip64, 56);
        if (little(record.data(), 4) != 0x06064b50)
            throw FileError(path, "its zip directory is damaged.");
        entries = little(record.data() + 32, 8);
        begin = little(record.data() + 48, 8);
    }
    if (begin > tailBegin + end)
        throw FileError(path, "its zip directory is damaged at entry 0.");
    const Bytes directory = file.read(begin, tailBegin + end - begin);
    std::map<std::string, ZipEntry> found;
    std::uint64_t at = 0;
    for (std::uint64_t i = 0; i < entries; ++i) {
        if (directory.size() - at < 46 || little(directory.data() + at, 4) != 0x02014b50)
            throw FileError(path, "its zip directory is damaged at entry " + std::to_string(i) + ".");
        const std::uint8_t *record = directory.data() + at;
        const std::uint64_t method = little(record + 10, 2);
        std::uint64_t size = little(record + 24, 4);
        const std::uint64_t nameLength = little(record + 28, 2);
        const std::uint64_t extraLength = little(record + 30, 2);
        const std::uint64_t commentLength = little(record + 32, 2);
        std::uint64_t local = little(record + 42, 4);
        if (directory.size() - at - 46 < nameLength + extraLength + commentLength)
            throw FileError(path, "its zip directory is damaged at entry " + std::to_string(i) + ".");
        const std::string name(reinterpret_cast<const char *>(record + 46), nameLength);
        const std::uint8_t *extra = record + 46 + nameLength;
        for (std::uint64_t e = 0; e + 4 <= extraLength;) {
            const std::uint64_t id = little(extra + e, 2);
            const std::uint64_t length = little(extra + e + 2, 2);
            if (id == 1 && e + 4 + length <= extraLength) {
                std::uint64_t field = e + 4;
                if (size == 0xffffffff && field + 8 <= e + 4 + length) {
                    size = little(extra + field, 8);
                    field += 8;
                }
                if (little(record + 20, 4) == 0xffffffff)
                    field += 8;
                if (local == 0xffffffff && field + 8 <= e + 4 + length)
                    local = little(extra + field, 8);
            }
            e += 4 + length;
        }
        at += 46 + nameLength + extraLength + commentLength;
        if (local > file.size() || file.size() - local < 30)
            throw FileError(path, "entry '" + name + "' is damaged.");
        const Bytes head = file.read(local, 30);
        if (little(head.data(), 4) != 0x04034b50)
            throw FileError(path, "entry '" + name + "' is damaged.");
        const std::uint64_t content = local + 30 + little(head.data() + 26, 2) + little(head.data() + 28, 2);
        if (content > file.size() || file.size() - content < size)
            throw FileError(path, "entry '" + name + "' is cut off.");
        if (method != 0) {
            if (name.ends_with("data.pkl"))
                throw FileError(path, "is a compressed zip; PyTorch stores its files uncompressed.");
            continue;
        }
        found[name] = {content, size};
    }
    return found;
}

struct Value;
using ValuePtr = std::shared_ptr<Value>;
struct None {};
struct Mark {};
struct Global {
    std::string name;
};
struct Tuple {
    std::vector<ValuePtr> items;
};
struct List {
    std::vector<ValuePtr> items;
};
struct Dict {
    std::vector<std::pair<ValuePtr, ValuePtr>> items;
};
struct Storage {
    at::ScalarType type = at::kFloat;
    std::string key;
    std::int64_t count = 0;
};
struct Value {
    std::variant<None, Mark, Global, Tuple, List, Dict, Storage, at::Tensor, bool, std::int64_t, double, std::string> data;
};

template<typename T>
ValuePtr make(T value)
{
    return std::make_shared<Value>(Value{std::move(value)});
}

std::optional<at::ScalarType> storageType(const std::string &global)
{
    static const std::map<std::string, at::ScalarType> types{
        {"torch FloatStorage", at::kFloat}, {"torch DoubleStorage", at::kDouble}, {"torch HalfStorage", at::kHalf},   {"torch BFloat16Storage", at::kBFloat16},
        {"torch LongStorage", at::kLong},   {"torch IntStorage", at::kInt},       {"torch ShortStorage", at::kShort}, {"torch CharStorage", at::kChar},
        {"torch ByteStorage", at::kByte},   {"torch BoolStorage", at::kBool}};
    const auto found = types.find(global);
    return found == types.end() ? std::nullopt : std::optional(found->second);
}

class PickleReader {
public:
    PickleReader(detail::PartedFile &file, const std::map<std::string, ZipEntry> &entries, std::string root, bool values, const std::filesystem::path &path)
        : m_file(file), m_entries(entries), m_root(std::move(root)), m_values(values), m_path(path)
    {
        const ZipEntry entry = m_entries.at(m_root + "data.pkl");
        m_description = file.read(entry.offset, entry.size);
        m_end = entry.size;
    }

    ValuePtr read();

private:
    [[noreturn]] void fail(const std::string &what) const { throw FileError(m_path, what); }

    const std::uint8_t *take(std::uint64_t count)
    {
        if (m_end - m_at < count)
            fail("its description (data.pkl) is cut off.");
        const std::uint8_t *begin = m_description.data() + m_at;
        m_at += count;
        return begin;
    }
    std::string text(std::uint64_t count)
    {
        const std::uint8_t *begin = take(count);
        return std::string(reinterpret_cast<const char *>(begin), count);
    }
    std::string line()
    {
        std::string out;
        for (char c = static_cast<char>(*take(1)); c != '\n'; c = static_cast<char>(*take(1)))
            out += c;
        return out;
    }
    void push(ValuePtr value)
    {
        if (m_stack.size() > 10'000'000)
            fail("its description is implausibly large.");
        m_stack.push_back(std::move(value));
    }
    ValuePtr pop()
    {
        if (m_stack.empty())
            fail("its description is damaged (empty stack).");
        ValuePtr value = m_stack.back();
        m_stack.pop_back();
        return value;
    }
    std::vector<ValuePtr> popToMark()
    {
        std::vector<ValuePtr> items;
        for (ValuePtr value = pop(); !std::holds_alternative<Mark>(value->data); value = pop())
            items.push_back(value);
        return {items.rbegin(), items.rend()};
    }
    template<typename T>
    T &as(const ValuePtr &value, const char *what) const
    {
        T *found = std::get_if<T>(&value->data);
        if (found == nullptr)
            fail(std::string("its description is damaged (") + what + " expected).");
        return *found;
    }
    std::vector<std::int64_t> integers(const ValuePtr &value) const
    {
        std::vector<std::int64_t> numbers;
        for (const ValuePtr &item : as<Tuple>(value, "a tuple").items)
            numbers.push_back(as<std::int64_t>(item, "a number"));
        return numbers;
    }

    ValuePtr global(const std::string &module, const std::string &name) const;
    ValuePtr persistent(const ValuePtr &id) const;
    ValuePtr call(const ValuePtr &callable, const ValuePtr &arguments) const;
    ValuePtr tensor(const Tuple &arguments) const;
    void setItems(const ValuePtr &target, const std::vector<ValuePtr> &flat) const;

    detail::PartedFile &m_file;
    const std::map<std::string, ZipEntry> &m_entries;
    std::string m_root;
    bool m_values; ///< or types and shapes alone
    Bytes m_description;
    const std::filesystem::path &m_path;
    std::uint64_t m_at = 0;
    std::uint64_t m_end = 0;
    std::vector<ValuePtr> m_stack;
    std::map<std::uint64_t, ValuePtr> m_memo;
};

ValuePtr PickleReader::global(const std::string &module, const std::string &name) const
{
    const std::string full = module + " " + name;
    if (storageType(full) || full == "collections OrderedDict" || full == "torch._utils _rebuild_tensor_v2" || full == "torch._utils _rebuild_parameter"
        || full == "torch Size")
        return make(Global{full});
    fail("asks for the Python object '" + module + "." + name
         + "', which would mean running code. Only plain state dicts are read: save the model with torch.save(model.state_dict(), ...).");
}

ValuePtr PickleReader::persistent(const ValuePtr &id) const
{
    const Tuple &parts = as<Tuple>(id, "a storage");
    if (parts.items.size() < 5 || as<std::string>(parts.items[0], "a storage") != "storage")
        fail("its description names an unknown kind of data.");
    const auto type = storageType(as<Global>(parts.items[1], "a storage type").name);
    if (!type)
        fail("holds a storage of an unsupported type.");
    return make(Storage{*type, as<std::string>(parts.items[2], "a storage key"), as<std::int64_t>(parts.items[4], "a storage size")});
}

ValuePtr PickleReader::tensor(const Tuple &arguments) const
{
    if (arguments.items.size() < 4)
        fail("its description is damaged (a tensor with too few fields).");
    const Storage &storage = as<Storage>(arguments.items[0], "a storage");
    const std::int64_t offset = as<std::int64_t>(arguments.items[1], "an offset");
    const std::vector<std::int64_t> sizes = integers(arguments.items[2]);
    const std::vector<std::int64_t> strides = integers(arguments.items[3]);
    const auto entry = m_entries.find(m_root + "data/" + storage.key);
    if (entry == m_entries.end())
        fail("lacks the data of storage '" + storage.key + "'.");
    const std::int64_t elementSize = static_cast<std::int64_t>(c10::elementSize(storage.type));
    const std::int64_t count = static_cast<std::int64_t>(entry->second.size) / elementSize;
    if (sizes.size() != strides.size() || sizes.size() > 16 || offset < 0)
        fail("its description is damaged (a tensor's shape).");
    std::int64_t last = offset;
    bool empty = false;
    for (std::size_t i = 0; i < sizes.size(); ++i) {
        if (sizes[i] < 0 || strides[i] < 0
            || (sizes[i] > 1 && strides[i] > 0 && sizes[i] - 1 > (std::numeric_limits<std::int64_t>::max() / 2 - last) / strides[i])
            || sizes[i] > (std::int64_t{1} << 34))
            fail("its description is damaged (a tensor's shape).");
        empty = empty || sizes[i] == 0;
        last += sizes[i] > 0 ? (sizes[i] - 1) * strides[i] : 0;
    }
    std::int64_t total = 1;
    for (const std::int64_t side : sizes) {
        if (side > 0 && total > (std::int64_t{1} << 34) / side)
            fail("a tensor is implausibly large.");
        total *= side;
    }
    if (empty)
        return make(at::empty(sizes, at::TensorOptions(storage.type).device(m_values ? at::kCPU : at::kMeta)));
    if (last >= count || total > count)
        fail("a tensor reaches beyond the data of storage '" + storage.key + "': the file is damaged.");
    if (!m_values)
        return make(at::empty(sizes, at::TensorOptions(storage.type).device(at::kMeta)));
    at::Tensor flat = at::empty({count}, storage.type);
    m_file.read(entry->second.offset, flat.data_ptr(), static_cast<std::uint64_t>(count * elementSize));
    return make(flat.as_strided(sizes, strides, offset).contiguous().clone());
}

ValuePtr PickleReader::call(const ValuePtr &callable, const ValuePtr &arguments) const
{
    const std::string &name = as<Global>(callable, "a known function").name;
    const Tuple &given = as<Tuple>(arguments, "arguments");
    if (name == "collections OrderedDict")
        return make(Dict{});
    if (name == "torch._utils _rebuild_tensor_v2")
        return tensor(given);
    if (name == "torch._utils _rebuild_parameter" && !given.items.empty())
        return given.items.front();
    if (name == "torch Size" && !given.items.empty())
        return given.items.front();
    fail("its description is damaged (an unexpected call).");
}

void PickleReader::setItems(const ValuePtr &target, const std::vector<ValuePtr> &flat) const
{
    Dict &dict = as<Dict>(target, "a dictionary");
    if (flat.size() % 2 != 0)
        fail("its description is damaged (a key without a value).");
    for (std::size_t i = 0; i < flat.size(); i += 2)
        dict.items.emplace_back(flat[i], flat[i + 1]);
}

ValuePtr PickleReader::read()
{
    for (;;) {
        const std::uint8_t op = *take(1);
        switch (op) {
        case 0x80: take(1); break;                                                                             // PROTO
        case 0x95: take(8); break;                                                                             // FRAME
        case '}': push(make(Dict{})); break;                                                                   // EMPTY_DICT
        case ']': push(make(List{})); break;                                                                   // EMPTY_LIST
        case ')': push(make(Tuple{})); break;                                                                  // EMPTY_TUPLE
        case '(': push(make(Mark{})); break;                                                                   // MARK
        case 'N': push(make(None{})); break;                                                                   // NONE
        case 0x88: push(make(true)); break;                                                                    // NEWTRUE
        case 0x89: push(make(false)); break;                                                                   // NEWFALSE
        case 'K': push(make(static_cast<std::int64_t>(*take(1)))); break;                                      // BININT1
        case 'M': push(make(static_cast<std::int64_t>(little(take(2), 2)))); break;                            // BININT2
        case 'J': push(make(static_cast<std::int64_t>(static_cast<std::int32_t>(little(take(4), 4))))); break; // BININT
        case 0x8a: {                                                                                           // LONG1
            const std::uint8_t size = *take(1);
            if (size > 8)
                fail("its description holds a number that is too large.");
            const std::uint8_t *digits = take(size);
            std::uint64_t value = little(digits, size);
            if (size > 0 && size < 8 && (digits[size - 1] & 0x80) != 0)
                value |= ~std::uint64_t{0} << (8 * size);
            push(make(static_cast<std::int64_t>(value)));
            break;
        }
        case 'G': { // BINFLOAT, big-endian
            std::uint64_t bits = 0;
            const std::uint8_t *digits = take(8);
            for (int i = 0; i < 8; ++i)
                bits = bits << 8 | digits[i];
            double value = 0;
            std::memcpy(&value, &bits, 8);
            push(make(value));
            break;
        }
        case 'X': {
            const std::uint64_t size = little(take(4), 4);
            push(make(text(size)));
            break;
        } // BINUNICODE
        case 0x8c: {
            const std::uint64_t size = *take(1);
            push(make(text(size)));
            break;
        } // SHORT_BINUNICODE
        case 'q':
            if (m_stack.empty())
                fail("its description is damaged.");
            m_memo[*take(1)] = m_stack.back();
            break; // BINPUT
        case 'r':
            if (m_stack.empty())
                fail("its description is damaged.");
            m_memo[little(take(4), 4)] = m_stack.back();
            break; // LONG_BINPUT
        case 0x94:
            if (m_stack.empty())
                fail("its description is damaged.");
            m_memo[m_memo.size()] = m_stack.back();
            break;  // MEMOIZE
        case 'h':   // BINGET
        case 'j': { // LONG_BINGET
            const auto found = m_memo.find(op == 'h' ? *take(1) : little(take(4), 4));
            if (found == m_memo.end())
                fail("its description is damaged (an unknown reference).");
            push(found->second);
            break;
        }
        case 'c': {
            const std::string module = line();
            push(global(module, line()));
            break;
        }            // GLOBAL
        case 0x93: { // STACK_GLOBAL
            const ValuePtr name = pop();
            const ValuePtr module = pop();
            push(global(as<std::string>(module, "a name"), as<std::string>(name, "a name")));
            break;
        }
        case 0x85: {
            const ValuePtr a = pop();
            push(make(Tuple{{a}}));
            break;
        } // TUPLE1
        case 0x86: {
            const ValuePtr b = pop();
            const ValuePtr a = pop();
            push(make(Tuple{{a, b}}));
            break;
        } // TUPLE2
        case 0x87: {
            const ValuePtr c = pop();
            const ValuePtr b = pop();
            const ValuePtr a = pop();
            push(make(Tuple{{a, b, c}}));
            break;
        }                                                // TUPLE3
        case 't': push(make(Tuple{popToMark()})); break; // TUPLE
        case 'l': push(make(List{popToMark()})); break;  // LIST
        case 'a': {
            const ValuePtr item = pop();
            if (m_stack.empty())
                fail("its description is damaged.");
            as<List>(m_stack.back(), "a list").items.push_back(item);
            break;
        }           // APPEND
        case 'e': { // APPENDS
            const std::vector<ValuePtr> items = popToMark();
            if (m_stack.empty())
                fail("its description is damaged.");
            List &list = as<List>(m_stack.back(), "a list");
            list.items.insert(list.items.end(), items.begin(), items.end());
            break;
        }
        case 's': {
            const ValuePtr value = pop();
            const ValuePtr key = pop();
            if (m_stack.empty())
                fail("its description is damaged.");
            setItems(m_stack.back(), {key, value});
            break;
        } // SETITEM
        case 'u': {
            const std::vector<ValuePtr> items = popToMark();
            if (m_stack.empty())
                fail("its description is damaged.");
            setItems(m_stack.back(), items);
            break;
        }                                         // SETITEMS
        case 'Q': push(persistent(pop())); break; // BINPERSID
        case 'R': {
            const ValuePtr arguments = pop();
            const ValuePtr callable = pop();
            push(call(callable, arguments));
            break;
        }           // REDUCE
        case 'b': { // BUILD: an OrderedDict's attributes (_metadata), nothing of ours
            pop();
            if (m_stack.empty())
                fail("its description is damaged.");
            as<Dict>(m_stack.back(), "a dictionary");
            break;
        }
        case '0': pop(); break; // POP
        case '.': return pop(); // STOP
        default: {
            static constexpr char digits[] = "0123456789abcdef";
            fail(std::string("its description uses the pickle operation 0x") + digits[op >> 4] + digits[op & 15]
                 + ", which a plain state dict does not need; refused.");
        }
        }
    }
}

} // namespace

Checkpoint detail::readTorchZip(const std::filesystem::path &path, bool values)
{
    PartedFile file(path);
    const std::map<std::string, ZipEntry> entries = readZip(file, path);
    std::string root;
    bool found = false;
    for (const auto &[name, entry] : entries) {
        if (name.ends_with("constants.pkl"))
            throw FileError(path, "is TorchScript, which can run code; a plain state dict is needed.");
        if (name == "data.pkl" || name.ends_with("/data.pkl")) {
            root = name.substr(0, name.size() - 8);
            found = true;
        }
    }
    if (!found)
        throw FileError(path, "is a zip file, but holds no PyTorch state dict (data.pkl).");
    ValuePtr top = PickleReader(file, entries, root, values, path).read();
    const Dict *dict = std::get_if<Dict>(&top->data);
    if (dict != nullptr)
        for (const auto &[key, value] : dict->items)
            if (const auto *name = std::get_if<std::string>(&key->data);
                name != nullptr && *name == "state_dict" && std::holds_alternative<Dict>(value->data)) {
                top = value;
                dict = std::get_if<Dict>(&top->data);
                break;
            }
    if (dict == nullptr)
        throw FileError(path, "does not hold a dictionary of tensors.");
    Checkpoint checkpoint;
    for (const auto &[key, value] : dict->items) {
        const auto *name = std::get_if<std::string>(&key->data);
        const auto *tensor = std::get_if<at::Tensor>(&value->data);
        if (name != nullptr && tensor != nullptr)
            checkpoint.tensors[*name] = *tensor;
    }
    if (checkpoint.tensors.empty())
        throw FileError(path, "holds no tensors.");
    return checkpoint;
}

} // namespace dscope
