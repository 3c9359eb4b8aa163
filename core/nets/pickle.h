// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <deque>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace dscope::detail {

enum class PickleKind : std::uint8_t { None, Flag, Int, Real, Other, Text, Bytes, Tuple, List, Dict, Global, Object, Storage, Tensor, Dtype };

/// A value of a pickle in one word: a small number, or an index into a table of Pickle. Values so refer to each other without owning each other: deep
/// nesting and rings cost nothing, and nothing is destroyed by recursion.
struct PickleValue {
    PickleValue() = default;
    PickleValue(PickleKind of, std::int64_t number) : kind(static_cast<std::uint64_t>(of)), value(static_cast<std::uint64_t>(number)) {}
    PickleKind type() const { return static_cast<PickleKind>(kind); }
    bool is(PickleKind of) const { return type() == of; }
    std::int64_t number() const { return static_cast<std::int64_t>(value << 8) >> 8; }
    std::size_t index() const { return static_cast<std::size_t>(value); }

    std::uint64_t kind : 8 = 0;
    std::uint64_t value : 56 = 0;
};
static_assert(sizeof(PickleValue) == 8);

/// What a pickle describes. Texts lie in the pickle's own bytes, which must outlive it.
struct Pickle {
    using Entries = std::vector<std::pair<PickleValue, PickleValue>>;
    struct Range {
        std::uint64_t begin = 0;
        std::uint64_t count = 0;
    };
    /// A Python object that is known by name only; nothing of it is imported or run.
    struct Object {
        std::size_t global = 0;
        PickleValue state; ///< its attributes where they are a dictionary
        PickleValue items; ///< what was put into it as into a dictionary
    };
    struct Storage {
        std::string_view type; ///< the name of its class in torch, such as "FloatStorage"
        std::string_view key;
        std::int64_t count = 0;
        std::int64_t viewOffset = 0; ///< the old kind's views of a storage, in elements
        std::int64_t viewCount = -1; ///< -1: none
    };
    struct Tensor {
        std::size_t storage = 0;
        std::int64_t offset = 0;
        PickleValue sizes;
        PickleValue strides;
        std::string_view type;       ///< of an untyped storage: the name of the tensor's own type, such as "float32"
        std::int32_t quantised = -1; ///< its place among `quantised`; -1: it is not
        std::int32_t array = -1;     ///< of an array of numpy's, its place among `arrays`: all else but the sizes stands there; -1: it is PyTorch's
    };
    /// What the whole numbers of a quantised tensor stand for: (number - zero point) x scale.
    struct Quantised {
        std::string_view scheme; ///< PyTorch's name, such as "per_tensor_affine"
        PickleValue scale;       ///< a number or, for each channel, a tensor
        PickleValue zeroPoint;
        std::int64_t axis = -1; ///< of the channels; -1: there is one for all
    };
    /// Bytes as they stand in the pickle, or, as protocol 2 writes them, as a text in UTF-8 of which every character is one byte.
    struct Blob {
        std::string_view bytes;
        bool isText = false;
    };
    struct Dtype {
        std::string_view code; ///< such as "f4"
        char order = '<';      ///< '>': big-endian
    };
    /// An array of numpy's: shape, type and values, once it has been built.
    struct Array {
        PickleValue dtype;
        PickleValue data; ///< Bytes or, from Python 2, a Text
        bool fortran = false;
    };

    std::span<const PickleValue> tuple(PickleValue value) const
    {
        const Range &range = tuples[value.index()];
        return std::span(tupleItems).subspan(range.begin, range.count);
    }
    std::string_view text(PickleValue value) const { return texts[value.index()]; }
    /// The number of an Int or a Real.
    double number(PickleValue value) const { return value.is(PickleKind::Real) ? reals[value.index()] : static_cast<double>(value.number()); }
    /// "module.name" of an object's class or of a global
    std::string nameOf(PickleValue value) const;

    PickleValue root;
    std::uint64_t bytes = 0; ///< that it took; another may follow
    std::vector<std::string_view> texts;
    std::vector<double> reals;
    std::vector<Blob> blobs;
    std::vector<Dtype> dtypes;
    std::vector<Range> tuples;
    std::vector<PickleValue> tupleItems;
    std::vector<std::vector<PickleValue>> lists;
    std::vector<Entries> dicts;
    std::deque<std::string> globals; ///< "module name"; names of types point into it
    std::vector<Object> objects;
    std::vector<Storage> storages;
    std::vector<Tensor> tensors;
    std::vector<Quantised> quantised;
    std::vector<Array> arrays;
};

/// Runs the small machine that a pickle is a program for, without calling or importing anything: dictionaries, lists, tensors and numpy's arrays become what
/// they are, all other Python objects are noted by name and passed over. A name whose only use is to run code (os.system, builtins.eval) ends the reading.
/// Memory is bounded by 16 MiB and 12 times the pickle's size.
/// @param name the file, for messages @param part what the pickle is in it, such as "data.pkl" @throws FileError for a damaged pickle
Pickle parsePickle(std::span<const std::uint8_t> bytes, const std::filesystem::path &name, std::string_view part);

} // namespace dscope::detail
