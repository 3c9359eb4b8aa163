// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/nets/statedict.h"

#include "core/base/error.h"
#include "core/nets/names.h"
#include "core/nets/plaintensors.h"
#include "core/nets/recognise.h"
#include "core/nets/wanted.h"
#include "core/nets/zip.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <limits>
#include <set>
#include <span>
#include <tuple>

namespace dscope::detail {

namespace {

struct TypeNames {
    std::string_view storage;
    std::string_view tensor;
    at::ScalarType type;
};
constexpr TypeNames s_types[] = {
    {"FloatStorage", "float32", at::kFloat},
    {"DoubleStorage", "float64", at::kDouble},
    {"HalfStorage", "float16", at::kHalf},
    {"BFloat16Storage", "bfloat16", at::kBFloat16},
    {"LongStorage", "int64", at::kLong},
    {"IntStorage", "int32", at::kInt},
    {"ShortStorage", "int16", at::kShort},
    {"CharStorage", "int8", at::kChar},
    {"ByteStorage", "uint8", at::kByte},
    {"BoolStorage", "bool", at::kBool},
    {"ComplexFloatStorage", "complex64", at::kComplexFloat},
    {"ComplexDoubleStorage", "complex128", at::kComplexDouble},
    {"QInt8Storage", "qint8", at::kChar},
    {"QUInt8Storage", "quint8", at::kByte},
    {"QInt32Storage", "qint32", at::kInt},
    {"UInt16Storage", "uint16", at::kUInt16},
    {"UInt32Storage", "uint32", at::kUInt32},
    {"UInt64Storage", "uint64", at::kUInt64},
    {"Float8_e4m3fnStorage", "float8_e4m3fn", at::kFloat8_e4m3fn},
    {"Float8_e5m2Storage", "float8_e5m2", at::kFloat8_e5m2},
};

/// Tensors that belong together, by name.
struct Candidate {
    std::string way;
    std::vector<std::pair<std::string, std::size_t>> tensors;
    std::string architecture; ///< empty: of no network that is known
    int rank = 0;
};

std::string joined(const std::string &way, std::string_view key)
{
    std::string name;
    for (const char c : key.substr(0, 200))
        name += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c;
    return way.empty() ? name : way + "." + name;
}

/// Looks for dictionaries of tensors in what a pickle describes.
class Search {
public:
    Search(const Pickle &pickle, const std::filesystem::path &path) : m_pickle(pickle), m_path(path) { visit(pickle.root, {}, 0); }

    std::vector<Candidate> candidates;
    /// Names of numpy's arrays that hold no plain numbers.
    std::vector<std::string> left;

private:
    static constexpr int s_deepest = 12;
    static constexpr std::size_t s_mostLeft = 1000;
    /// A name that a pickle refers to with two bytes becomes text of its own here: without a limit a small file fills the memory.
    static constexpr std::size_t s_mostTensors = 200'000;
    static constexpr std::size_t s_mostAttributes = 1000; ///< that are looked through for an object; objects may share them by the thousand

    void visit(PickleValue value, const std::string &way, int depth)
    {
        if (depth > s_deepest || !isContainer(value) || !m_seen.insert({value.type(), value.index()}).second)
            return;
        if (value.is(PickleKind::Dict)) {
            visitDict(m_pickle.dicts[value.index()], way, depth);
        } else if (value.is(PickleKind::Object)) {
            const Pickle::Object &object = m_pickle.objects[value.index()];
            if (isModule(object))
                visitModule(value, way);
            else
                for (const PickleValue inner : {object.state, object.items})
                    visit(inner, way, depth + 1);
        } else {
            const auto items = value.is(PickleKind::Tuple) ? m_pickle.tuple(value) : std::span<const PickleValue>(m_pickle.lists[value.index()]);
            for (std::size_t i = 0; i < items.size(); ++i)
                if (isContainer(items[i]))
                    visit(items[i], way + "[" + std::to_string(i) + "]", depth + 1);
        }
    }

    bool isTensor(PickleValue value, PickleValue key)
    {
        if (!value.is(PickleKind::Tensor))
            return false;
        const Pickle::Tensor &tensor = m_pickle.tensors[value.index()];
        if (tensor.array < 0 || arrayType(m_pickle, tensor))
            return true;
        if (left.size() < s_mostLeft)
            left.push_back(joined({}, m_pickle.text(key)));
        return false;
    }

    static bool isContainer(PickleValue value)
    {
        return value.is(PickleKind::Dict) || value.is(PickleKind::Object) || value.is(PickleKind::List) || value.is(PickleKind::Tuple);
    }

    void visitDict(const Pickle::Entries &entries, const std::string &way, int depth)
    {
        Candidate direct;
        direct.way = way;
        for (const auto &[key, value] : entries) {
            if (key.is(PickleKind::Int) && isContainer(value)) // a list of networks, one for each fold; an optimiser's state
                visit(value, way + "[" + std::to_string(key.number()) + "]", depth + 1);
            if (!key.is(PickleKind::Text))
                continue;
            if (isTensor(value, key))
                count(direct).emplace_back(m_pickle.text(key), value.index());
            else if (isContainer(value))
                visit(value, joined(way, m_pickle.text(key)), depth + 1);
        }
        keep(std::move(direct));
    }

    const Pickle::Entries *entriesOf(PickleValue value) const
    {
        if (value.is(PickleKind::Dict))
            return &m_pickle.dicts[value.index()];
        if (value.is(PickleKind::Object) && m_pickle.objects[value.index()].items.is(PickleKind::Dict))
            return &m_pickle.dicts[m_pickle.objects[value.index()].items.index()];
        return nullptr;
    }
    const Pickle::Entries *attribute(const Pickle::Object &object, std::string_view name) const
    {
        if (!object.state.is(PickleKind::Dict))
            return nullptr;
        const Pickle::Entries &attributes = m_pickle.dicts[object.state.index()];
        for (const auto &[key, value] : std::span(attributes).first(std::min(attributes.size(), s_mostAttributes)))
            if (key.is(PickleKind::Text) && m_pickle.text(key) == name)
                return entriesOf(value);
        return nullptr;
    }
    bool isModule(const Pickle::Object &object) const { return attribute(object, "_modules") != nullptr && attribute(object, "_parameters") != nullptr; }

    /// A network that was saved whole: its weights lie in its modules' attributes.
    void visitModule(PickleValue root, const std::string &way)
    {
        Candidate whole;
        whole.way = way;
        std::vector<std::pair<PickleValue, std::string>> open{{root, {}}};
        std::set<std::size_t> seen{root.index()};
        while (!open.empty()) {
            const auto [value, prefix] = std::move(open.back());
            open.pop_back();
            const Pickle::Object &object = m_pickle.objects[value.index()];
            for (const char *kind : {"_parameters", "_buffers"})
                if (const Pickle::Entries *entries = attribute(object, kind))
                    for (const auto &[key, tensor] : *entries)
                        if (key.is(PickleKind::Text) && isTensor(tensor, key))
                            count(whole).emplace_back(joined(prefix, m_pickle.text(key)), tensor.index());
            if (const Pickle::Entries *modules = attribute(object, "_modules"))
                for (const auto &[key, inner] : *modules)
                    if (key.is(PickleKind::Text) && inner.is(PickleKind::Object) && prefix.size() < 1000 && seen.insert(inner.index()).second)
                        open.emplace_back(inner, joined(prefix, m_pickle.text(key)));
        }
        keep(std::move(whole));
    }

    /// Where one more tensor goes.
    std::vector<std::pair<std::string, std::size_t>> &count(Candidate &candidate)
    {
        if (++m_tensors > s_mostTensors)
            throw FileError(m_path, "names more than " + std::to_string(s_mostTensors) + " tensors, which no network of this program has.");
        return candidate.tensors;
    }

    void keep(Candidate candidate)
    {
        if (!candidate.tensors.empty())
            candidates.push_back(std::move(candidate));
    }

    const Pickle &m_pickle;
    const std::filesystem::path &m_path;
    std::size_t m_tensors = 0;
    std::set<std::pair<PickleKind, std::size_t>> m_seen;
};

/// Makes tensors out of a file's storages, each of which is read once.
class Maker {
public:
    Maker(const Pickle &pickle, ByteSource &file, const FindStorage &find, bool values)
        : m_pickle(pickle), m_file(file), m_find(find), m_values(values), m_room((std::uint64_t{16} << 20) + 8 * file.size())
    {
    }

    std::vector<std::int64_t> sizesOf(const Pickle::Tensor &tensor) const { return integers(tensor.sizes); }
    at::Tensor make(const Pickle::Tensor &tensor);

private:
    [[noreturn]] void fail(const std::string &what) const { throw FileError(m_file.path(), what); }

    std::vector<std::int64_t> integers(PickleValue value) const
    {
        std::vector<std::int64_t> numbers;
        for (const PickleValue item : m_pickle.tuple(value)) {
            if (!item.is(PickleKind::Int) || numbers.size() == 64)
                fail("its description is damaged (a tensor's shape).");
            numbers.push_back(item.number());
        }
        return numbers;
    }
    at::ScalarType typeOf(const Pickle::Tensor &tensor, const Pickle::Storage &storage) const
    {
        for (const TypeNames &names : s_types)
            if (storage.type == names.storage || (storage.type == "UntypedStorage" && tensor.type == names.tensor))
                return names.type;
        fail("holds a tensor of an unsupported type (" + std::string(tensor.type.empty() ? storage.type : tensor.type) + ").");
    }
    /// The tensor's numbers as they are stored.
    at::Tensor stored(const Pickle::Tensor &tensor, at::ScalarType type, bool values);
    at::Tensor arrayOf(const Pickle::Tensor &tensor);
    at::Tensor unquantised(const Pickle::Tensor &tensor, at::ScalarType type);
    /// Before memory is taken for what does not lie in the file as it is: a file may name the same data again and again.
    void takeRoom(std::uint64_t bytes);
    /// All whole elements of a storage.
    at::Tensor elements(const Place &place, at::ScalarType type);

    const Pickle &m_pickle;
    ByteSource &m_file;
    const FindStorage &m_find;
    bool m_values;
    std::uint64_t m_room;                           ///< bytes that takeRoom() still gives
    std::map<std::uint64_t, at::Tensor> m_storages; ///< bytes, by their place in the file
};

at::Tensor Maker::elements(const Place &place, at::ScalarType type)
{
    constexpr std::uintptr_t alignment = 16;
    at::Tensor &bytes = m_storages[place.offset];
    if (!bytes.defined() && place.packed > 0) {
        bytes = at::empty({static_cast<std::int64_t>(place.size)}, at::kByte);
        inflateInto(m_file, place.offset, place.packed, {bytes.data_ptr<std::uint8_t>(), static_cast<std::size_t>(place.size)});
    } else if (!bytes.defined()) {
        const std::uint8_t *kept = m_file.kept(place.offset, place.size);
        if (kept != nullptr && reinterpret_cast<std::uintptr_t>(kept) % alignment == 0) {
            bytes = at::from_blob(
                const_cast<std::uint8_t *>(kept), {static_cast<std::int64_t>(place.size)}, [owner = m_file.owner()](void *) {}, at::kByte);
        } else {
            bytes = at::empty({static_cast<std::int64_t>(place.size)}, at::kByte);
            m_file.read(place.offset, bytes.data_ptr(), place.size);
        }
    }
    const auto width = static_cast<std::int64_t>(c10::elementSize(type));
    return bytes.narrow(0, 0, bytes.numel() / width * width).view(type);
}

void Maker::takeRoom(std::uint64_t bytes)
{
    if (bytes > m_room)
        fail("would take far more memory than its own size: its quantised tensors or numpy arrays name the same data again and again.");
    m_room -= bytes;
}

at::Tensor Maker::arrayOf(const Pickle::Tensor &tensor)
{
    const at::ScalarType type = arrayType(m_pickle, tensor).value();
    const std::vector<std::int64_t> sizes = sizesOf(tensor);
    const std::optional<std::uint64_t> bytes = arrayBytes(m_pickle, tensor, sizes, type);
    if (!bytes)
        fail("has a numpy array of shape " + shapeText(sizes) + " whose data are of another size: the file is damaged.");
    if (!m_values)
        return at::empty(sizes, at::TensorOptions(type).device(at::kMeta));
    takeRoom(*bytes);
    return arrayTensor(m_pickle, tensor, sizes, type);
}

at::Tensor Maker::unquantised(const Pickle::Tensor &tensor, at::ScalarType type)
{
    const Pickle::Quantised &how = m_pickle.quantised[static_cast<std::size_t>(tensor.quantised)];
    const std::vector<std::int64_t> sizes = sizesOf(tensor);
    const bool whole = type == at::kChar || type == at::kByte || type == at::kInt;
    const bool channels = how.axis >= 0 && how.axis < static_cast<std::int64_t>(sizes.size());
    if (!whole || how.scale.is(PickleKind::None) || (how.axis != -1 && !channels))
        fail("has a tensor that is quantised in a way that is not read ('" + joined({}, how.scheme) + "'): in PyTorch, save its dequantize().");
    const at::Tensor numbers = stored(tensor, type, m_values);
    if (!m_values)
        return at::empty(sizes, at::TensorOptions(at::kFloat).device(at::kMeta));
    takeRoom(static_cast<std::uint64_t>(numbers.numel()) * (sizeof(float) + c10::elementSize(type)));
    Scales scales;
    if (channels) {
        for (const auto &[value, to] : {std::pair(how.scale, &scales.scale), std::pair(how.zeroPoint, &scales.zeroPoint)}) {
            const Pickle::Tensor &given = m_pickle.tensors[value.index()];
            const at::Tensor each = given.array < 0 && given.quantised < 0 ? make(given) : at::Tensor();
            if (!each.defined() || each.dim() != 1 || each.size(0) != sizes[static_cast<std::size_t>(how.axis)])
                fail("its description is damaged (scales of a quantised tensor).");
            takeRoom(2 * sizeof(double) * static_cast<std::uint64_t>(each.numel()));
            *to = doublesOf(each);
        }
        scales.axis = how.axis;
    } else {
        scales.scale = {m_pickle.number(how.scale)};
        scales.zeroPoint = {m_pickle.number(how.zeroPoint)};
    }
    return dequantised(numbers, scales);
}

at::Tensor Maker::make(const Pickle::Tensor &tensor)
{
    if (tensor.array >= 0)
        return arrayOf(tensor);
    const at::ScalarType type = typeOf(tensor, m_pickle.storages[tensor.storage]);
    return tensor.quantised >= 0 ? unquantised(tensor, type) : stored(tensor, type, m_values);
}

at::Tensor Maker::stored(const Pickle::Tensor &tensor, at::ScalarType type, bool values)
{
    constexpr std::int64_t largest = std::int64_t{1} << 34;
    constexpr std::int64_t small = std::int64_t{1} << 20; ///< values that may be repetitions of fewer
    const Pickle::Storage &storage = m_pickle.storages[tensor.storage];
    const std::vector<std::int64_t> sizes = sizesOf(tensor);
    const std::vector<std::int64_t> strides = integers(tensor.strides);
    const std::optional<Place> place = m_find(storage);
    if (!place)
        fail("lacks the data of storage '" + std::string(storage.key) + "'.");
    const auto width = static_cast<std::int64_t>(c10::elementSize(type));
    std::int64_t count = static_cast<std::int64_t>(place->size) / width;
    std::int64_t offset = tensor.offset;
    if (sizes.size() != strides.size() || offset < 0)
        fail("its description is damaged (a tensor's shape).");
    if (storage.viewCount >= 0) {
        if (storage.viewOffset < 0 || storage.viewOffset > count || storage.viewCount > count - storage.viewOffset)
            fail("a tensor reaches beyond the data of storage '" + std::string(storage.key) + "': the file is damaged.");
        if (offset > storage.viewCount)
            fail("its description is damaged (a tensor's shape).");
        count = storage.viewOffset + storage.viewCount;
        offset += storage.viewOffset;
    }
    std::int64_t last = offset;
    std::int64_t total = 1;
    bool empty = false;
    for (std::size_t i = 0; i < sizes.size(); ++i) {
        if (sizes[i] < 0 || strides[i] < 0 || sizes[i] > largest
            || (sizes[i] > 1 && strides[i] > 0 && sizes[i] - 1 > (std::numeric_limits<std::int64_t>::max() / 2 - last) / strides[i]))
            fail("its description is damaged (a tensor's shape).");
        empty = empty || sizes[i] == 0;
        last += sizes[i] > 0 ? (sizes[i] - 1) * strides[i] : 0;
        if (sizes[i] > 0 && total > largest / sizes[i])
            fail("a tensor is implausibly large.");
        total *= std::max<std::int64_t>(1, sizes[i]);
    }
    if (!empty && (last >= count || total > std::max(count, small)))
        fail("a tensor reaches beyond the data of storage '" + std::string(storage.key) + "': the file is damaged.");
    if (empty || !values)
        return at::empty(sizes, at::TensorOptions(type).device(values ? at::kCPU : at::kMeta));
    return elements(*place, type).as_strided(sizes, strides, offset);
}

std::string counted(const Candidate &candidate)
{
    return (candidate.way.empty() ? "the outermost" : "'" + candidate.way + "'") + std::string(" (") + std::to_string(candidate.tensors.size())
        + (candidate.tensors.size() == 1 ? " tensor)" : " tensors)");
}

void recognise(std::vector<Candidate> &candidates, const Pickle &pickle, const Maker &maker)
{
    constexpr std::size_t fewest = 20; // no network that is known has fewer
    for (Candidate &candidate : candidates) {
        candidate.rank = rankOfWay(candidate.way);
        if (candidate.tensors.size() < fewest)
            continue;
        WeightsInfo info;
        for (const auto &[name, tensor] : candidate.tensors)
            info.tensors.push_back({name, {}, maker.sizesOf(pickle.tensors[tensor])});
        if (const std::optional<RecognisedWeights> found = recogniseWeights(info))
            candidate.architecture = found->architecture;
    }
}

/// What beside the way to `chosen` the outermost dictionary holds.
std::vector<std::string> besideOf(const Pickle &pickle, const Candidate &chosen)
{
    constexpr std::size_t most = 100;
    std::vector<std::string> beside;
    if (!pickle.root.is(PickleKind::Dict))
        return beside;
    for (const auto &[key, value] : pickle.dicts[pickle.root.index()]) {
        if (!key.is(PickleKind::Text) || beside.size() == most)
            continue;
        const std::string name = joined({}, pickle.text(key));
        if (chosen.way.empty() ? value.is(PickleKind::Tensor) : chosen.way == name || chosen.way.starts_with(name + ".") || chosen.way.starts_with(name + "["))
            continue;
        const std::string object = pickle.nameOf(value);
        beside.push_back(object.empty() ? name : name + " (" + object + ")");
    }
    return beside;
}

[[noreturn]] void failWithoutTensors(const Pickle &pickle, const std::filesystem::path &path)
{
    const std::string object = pickle.nameOf(pickle.root);
    if (!object.empty())
        throw FileError(path,
                        "asks for the Python object '" + object
                            + "', which would mean running code. Only state dicts are read: save the model with torch.save(model.state_dict(), ...).");
    const std::vector<std::string> found = besideOf(pickle, {"?", {}, {}, 0});
    throw FileError(path,
                    "holds no tensors that have a name" + (found.empty() ? std::string() : "; it holds " + listedNames(found))
                        + ". Save the state dict of the network: torch.save(model.state_dict(), ...).");
}

/// The set of weights that is asked for by name, or none. @param weights by the file's description
AskedWay askedFor(const std::vector<Candidate> &candidates, const std::string &weights)
{
    std::vector<std::string> names = wantedWeights().names();
    if (!weights.empty())
        names.push_back(weights);
    std::vector<std::string> ways;
    for (const Candidate &candidate : candidates)
        ways.push_back(candidate.way);
    return askedAmong(names, ways);
}

void addNotes(Checkpoint &checkpoint, const std::vector<Candidate> &candidates, const Candidate &chosen)
{
    std::vector<std::string> others;
    std::vector<std::string> left;
    for (const Candidate &candidate : candidates) {
        if (&candidate == &chosen || candidate.rank == 2)
            continue;
        const bool could = 2 * candidate.tensors.size() >= chosen.tensors.size() && (chosen.architecture.empty() || !candidate.architecture.empty());
        (could ? others : left).push_back(counted(candidate));
        if (could)
            checkpoint.sets.push_back(candidate.way);
    }
    if (!others.empty()) {
        const std::string other =
            *std::max_element(checkpoint.sets.begin(), checkpoint.sets.end(), [](const auto &a, const auto &b) { return a.empty() && !b.empty(); });
        checkpoint.sets.insert(checkpoint.sets.begin(), chosen.way);
        std::string note = "It holds several sets of weights: " + counted(chosen) + " is used, not " + listedNames(others, 4) + ".";
        if (!checkpoint.asked)
            note +=
                " Of several, one of a known network goes before others, the weights themselves before an average or a teacher, more tensors before fewer, the "
                "first before later ones.";
        checkpoint.notes.push_back(note + howToTake(other));
    }
    if (!left.empty())
        checkpoint.notes.push_back("Beside the weights that are used (" + counted(chosen) + ") it holds tensors in " + listedNames(left, 4)
                                   + ", which are left out.");
}

/// Of weights that were no plain tensors, and of arrays that are none.
void addFormNotes(Checkpoint &checkpoint, const Pickle &pickle, const Candidate &chosen, const std::vector<std::string> &left)
{
    std::size_t quantised = 0;
    std::size_t arrays = 0;
    for (const auto &[name, tensor] : chosen.tensors) {
        quantised += pickle.tensors[tensor].quantised >= 0 ? 1 : 0;
        arrays += pickle.tensors[tensor].array >= 0 ? 1 : 0;
    }
    const std::string all = std::to_string(chosen.tensors.size());
    if (quantised > 0)
        checkpoint.notes.push_back(std::to_string(quantised) + " of its " + all
                                   + " tensors are quantised: whole numbers with a scale and a zero point. They are read as float32.");
    if (arrays > 0)
        checkpoint.notes.push_back(std::to_string(arrays) + " of its " + all + " tensors are numpy arrays, and are read like the others.");
    if (!left.empty())
        checkpoint.notes.push_back("It holds numpy arrays of other things than plain numbers, which are left out: " + listedNames(left, 4) + ".");
}

} // namespace

std::uint64_t elementBytes(std::string_view storageClass)
{
    if (storageClass == "UntypedStorage")
        return 1;
    for (const TypeNames &names : s_types)
        if (names.storage == storageClass)
            return c10::elementSize(names.type);
    return 0;
}

Checkpoint chooseTensors(const Pickle &pickle, ByteSource &file, const FindStorage &find, bool values, const std::string &weights)
{
    Search search(pickle, file.path());
    std::vector<Candidate> &candidates = search.candidates;
    if (candidates.empty())
        failWithoutTensors(pickle, file.path());
    Maker maker(pickle, file, find, values);
    recognise(candidates, pickle, maker);
    const auto place = [](const Candidate &candidate) {
        return std::tuple(candidate.rank == 2, candidate.architecture.empty(), candidate.rank, -static_cast<std::int64_t>(candidate.tensors.size()));
    };
    const AskedWay asked = askedFor(candidates, weights);
    const Candidate &chosen = *std::min_element(candidates.begin(), candidates.end(), [&](const Candidate &a, const Candidate &b) {
        const bool notA = !asked.name.empty() && !isUnder(a.way, asked.way);
        const bool notB = !asked.name.empty() && !isUnder(b.way, asked.way);
        return std::pair(notA, place(a)) < std::pair(notB, place(b));
    });
    Checkpoint checkpoint;
    checkpoint.asked = !asked.name.empty();
    if (checkpoint.asked)
        wantedWeights().asked(asked.name);
    checkpoint.chosen = chosen.way;
    for (const auto &[name, tensor] : chosen.tensors)
        checkpoint.tensors[name] = maker.make(pickle.tensors[tensor]); // a name twice: Python keeps the later
    addNotes(checkpoint, candidates, chosen);
    addFormNotes(checkpoint, pickle, chosen, search.left);
    checkpoint.skipped = besideOf(pickle, chosen);
    return checkpoint;
}

} // namespace dscope::detail
