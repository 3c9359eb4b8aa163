// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/nets/statedict.h"

#include "core/base/error.h"
#include "core/nets/zip.h"

#include <algorithm>
#include <iterator>

namespace dscope::detail {

namespace {

[[noreturn]] void failWithoutDescription(const std::map<std::string, ZipEntry> &entries, const std::filesystem::path &path)
{
    for (const auto &[name, entry] : entries) {
        if (name.ends_with("archive_format") || name.ends_with("models/model.json") || name.ends_with("serialized_exported_program.json"))
            throw FileError(path,
                            "is a program of torch.export, which is not read here. Export the network as ONNX (torch.onnx.export), or save its state dict "
                            "(torch.save(model.state_dict(), ...)).");
        for (const char *ending : {".pth", ".pt", ".safetensors", ".onnx", ".tar", ".ckpt"})
            if (name.ends_with(ending))
                throw FileError(path, "is a zip file that holds '" + name + "': unpack it, and name that file.");
    }
    throw FileError(path, "is a zip file, but holds no PyTorch state dict (data.pkl).");
}

} // namespace

Checkpoint readTorchZip(ByteSource &file, bool values, const std::string &weights)
{
    const std::filesystem::path &path = file.path();
    const std::map<std::string, ZipEntry> entries = readZip(file);
    const ZipEntry *description = nullptr;
    std::string root;
    for (const auto &[name, entry] : entries) {
        if (name == "constants.pkl" || name.ends_with("/constants.pkl"))
            throw FileError(path, "is TorchScript, which can run code; a plain state dict is needed.");
        if (description == nullptr && (name == "data.pkl" || name.ends_with("/data.pkl"))) {
            root = name.substr(0, name.size() - 8);
            description = &entry;
        }
    }
    if (description == nullptr)
        failWithoutDescription(entries, path);
    if (const auto order = entries.find(root + "byteorder"); order != entries.end() && order->second.size == 3) {
        const std::vector<std::uint8_t> word = readEntry(file, order->second);
        if (std::equal(word.begin(), word.end(), "big"))
            throw FileError(path, "was written on a machine with big-endian numbers, which is not read here; save it again on another.");
    }
    const std::vector<std::uint8_t> bytes = readEntry(file, *description);
    const Pickle pickle = parsePickle(bytes, path, "data.pkl");
    const auto find = [&](const Pickle::Storage &storage) -> std::optional<Place> {
        const auto entry = entries.find(root + "data/" + std::string(storage.key));
        if (entry == entries.end())
            return std::nullopt;
        return Place{entry->second.offset, entry->second.size, entry->second.stored ? 0 : entry->second.packed};
    };
    Checkpoint checkpoint = chooseTensors(pickle, file, find, values, weights);
    checkpoint.kind = "PyTorch";
    return checkpoint;
}

namespace {

constexpr std::uint8_t s_magic[] = {0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19};
constexpr std::int64_t s_version = 1001;
constexpr const char *s_oldKind = "of the old kind, before PyTorch 1.6";

bool saysBigEndian(const Pickle &machine)
{
    if (!machine.root.is(PickleKind::Dict))
        return false;
    for (const auto &[key, value] : machine.dicts[machine.root.index()])
        if (key.is(PickleKind::Text) && machine.text(key) == "little_endian" && value.is(PickleKind::Flag))
            return value.number() == 0;
    return false;
}

/// The storages lie behind each other in the order of their keys, each after its number of elements.
std::map<std::string_view, Place> storagesBehind(std::span<const std::uint8_t> bytes, std::uint64_t at, const Pickle &objects, const Pickle &keys,
                                                 const std::filesystem::path &path)
{
    if (!keys.root.is(PickleKind::List))
        throw FileError(path, "its list of storages is damaged.");
    std::map<std::string_view, std::uint64_t> widths;
    for (const Pickle::Storage &storage : objects.storages)
        widths[storage.key] = elementBytes(storage.type);
    std::map<std::string_view, Place> places;
    for (const PickleValue key : keys.lists[keys.root.index()]) {
        if (!key.is(PickleKind::Text))
            throw FileError(path, "its list of storages is damaged.");
        const auto width = widths.find(keys.text(key));
        if (width == widths.end() || width->second == 0)
            throw FileError(path, "holds a storage of an unsupported type.");
        if (bytes.size() - at < 8)
            throw FileError(path, "is cut off.");
        const std::uint64_t count = little(bytes.data() + at, 8);
        at += 8;
        if (count > (bytes.size() - at) / width->second)
            throw FileError(path, "is cut off, or its storage '" + std::string(keys.text(key)) + "' is damaged.");
        places[width->first] = {at, count * width->second};
        at += count * width->second;
    }
    return places;
}

} // namespace

Checkpoint parseOldTorch(std::span<const std::uint8_t> bytes, ByteSource &file, bool values, const std::string &weights)
{
    const std::filesystem::path &path = file.path();
    std::uint64_t at = 0;
    const auto next = [&] {
        Pickle pickle = parsePickle(bytes.subspan(at), path, s_oldKind);
        at += pickle.bytes;
        return pickle;
    };
    next();
    if (std::search(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(at), std::begin(s_magic), std::end(s_magic))
        == bytes.begin() + static_cast<std::ptrdiff_t>(at))
        throw FileError(path, "is a Python pickle, but none that PyTorch wrote; save a state dict with torch.save.");
    const Pickle version = next();
    if (!version.root.is(PickleKind::Int) || version.root.number() != s_version)
        throw FileError(path,
                        "is a PyTorch file of the old kind (before 1.6), of a version that is not read; load it in PyTorch and save its state dict again.");
    if (saysBigEndian(next()))
        throw FileError(path, "was written on a machine with big-endian numbers, which is not read here; save it again on another.");
    const Pickle objects = next();
    const Pickle keys = next();
    const std::map<std::string_view, Place> places = storagesBehind(bytes, at, objects, keys, path);
    const auto find = [&](const Pickle::Storage &storage) -> std::optional<Place> {
        const auto place = places.find(storage.key);
        return place == places.end() ? std::nullopt : std::optional(place->second);
    };
    Checkpoint checkpoint = chooseTensors(objects, file, find, values, weights);
    checkpoint.kind = "PyTorch before 1.6";
    return checkpoint;
}

} // namespace dscope::detail
