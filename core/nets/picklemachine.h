// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"
#include "core/nets/pickle.h"

#include <algorithm>
#include <span>
#include <string>
#include <unordered_map>

namespace dscope::detail {

/// The machine that parsePickle() runs: a stack, marks on it, and a memory of numbered values. What it makes of names and calls is in pickle.cpp, its
/// operations are in picklesteps.cpp.
class Machine {
public:
    Machine(std::span<const std::uint8_t> bytes, const std::filesystem::path &path, std::string_view part)
        : m_bytes(bytes), m_path(path), m_description("its description (" + std::string(part) + ") "),
          m_budget((std::uint64_t{16} << 20) + 12 * std::uint64_t{bytes.size()})
    {
    }

    Pickle run()
    {
        while (!m_done)
            step(*take(1));
        m_made.bytes = m_at;
        return std::move(m_made);
    }

private:
    [[noreturn]] void fail(const std::string &what) const { throw FileError(m_path, what); }
    [[noreturn]] void damaged(const char *how) const { fail(m_description + "is damaged (" + how + ")."); }

    const std::uint8_t *take(std::uint64_t count)
    {
        if (m_bytes.size() - m_at < count)
            fail(m_description + "is cut off.");
        const std::uint8_t *begin = m_bytes.data() + m_at;
        m_at += count;
        return begin;
    }
    std::string_view chars(std::uint64_t count) { return {reinterpret_cast<const char *>(take(count)), static_cast<std::size_t>(count)}; }
    std::string_view line();

    /// Puts a value into a table and counts what the table takes.
    template<typename T>
    std::int64_t put(std::vector<T> &table, T value)
    {
        if (table.size() == table.capacity()) {
            const std::uint64_t before = table.capacity() * sizeof(T);
            const std::uint64_t after = std::max<std::uint64_t>(2 * before, sizeof(T));
            m_spent += after;
            if (m_spent > m_budget)
                fail(m_description + "would take far more memory than its own size: it consists of very many empty values.");
            table.reserve(static_cast<std::size_t>(after / sizeof(T)));
            m_spent -= before;
        }
        table.push_back(std::move(value));
        return static_cast<std::int64_t>(table.size()) - 1;
    }
    void push(PickleValue value) { put(m_stack, value); }
    void push(PickleKind kind, std::int64_t value = 0) { push(PickleValue(kind, value)); }
    void pushNumber(std::int64_t value);
    void pushText(std::string_view text) { push(PickleKind::Text, put(m_made.texts, text)); }
    void pushReal(double value) { push(PickleKind::Real, put(m_made.reals, value)); }
    PickleValue newBytes(std::string_view bytes, bool isText = false) { return {PickleKind::Bytes, put(m_made.blobs, Pickle::Blob{bytes, isText})}; }

    PickleValue pop();
    PickleValue &top();
    /// Where the values since the last mark begin; the mark is gone.
    std::size_t mark();
    std::span<const PickleValue> since(std::size_t begin) const { return std::span(m_stack).subspan(begin); }

    PickleValue tuple(std::span<const PickleValue> items);
    void tupleOf(std::size_t count);
    PickleValue newList() { return {PickleKind::List, put(m_made.lists, {})}; }
    PickleValue newDict() { return {PickleKind::Dict, put(m_made.dicts, {})}; }
    PickleValue newObject(std::size_t global) { return {PickleKind::Object, put(m_made.objects, Pickle::Object{global, {}, {}})}; }

    void remember(std::uint64_t key);
    void recall(std::uint64_t key);
    std::uint64_t written(std::string_view digits) const;

    PickleValue global(std::string_view module, std::string_view name);
    PickleValue persistent(PickleValue id);
    PickleValue call(PickleValue callable, PickleValue arguments, bool nested = false);
    PickleValue tensor(std::span<const PickleValue> arguments, std::string_view type);
    PickleValue quantisedTensor(std::span<const PickleValue> arguments);
    PickleValue newArray();
    void buildArray(PickleValue target, PickleValue shape, PickleValue dtype, PickleValue fortran, PickleValue data);
    PickleValue callOfNumpy(std::string_view name, std::span<const PickleValue> given);
    void build(PickleValue target, PickleValue state);
    void setItems(PickleValue target, std::span<const PickleValue> flat);
    void append(PickleValue target, std::span<const PickleValue> items);
    PickleValue orderedDict(PickleValue arguments);

    void step(std::uint8_t op);
    bool stepConstant(std::uint8_t op);
    bool stepText(std::uint8_t op);
    bool stepMemo(std::uint8_t op);
    bool stepContainer(std::uint8_t op);
    bool stepCall(std::uint8_t op);
    void longNumber(std::uint64_t size);

    std::span<const std::uint8_t> m_bytes;
    const std::filesystem::path &m_path;
    std::string m_description;
    std::uint64_t m_at = 0;
    std::uint64_t m_budget;
    std::uint64_t m_spent = 0;
    bool m_done = false;
    Pickle m_made;
    std::vector<PickleValue> m_stack;
    std::vector<std::size_t> m_marks;
    std::vector<PickleValue> m_memo;
    PickleValue m_empty;
    std::unordered_map<std::uint64_t, PickleValue> m_far; ///< references with numbers of their own
    std::unordered_map<std::string, std::size_t> m_globals;
};

} // namespace dscope::detail
