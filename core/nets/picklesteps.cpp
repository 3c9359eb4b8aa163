// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/nets/bytesource.h"
#include "core/nets/picklemachine.h"

#include <array>
#include <bit>
#include <charconv>

namespace dscope::detail {

std::string_view Machine::line()
{
    const auto *begin = m_bytes.data() + m_at;
    const auto *end = m_bytes.data() + m_bytes.size();
    const auto *found = std::find(begin, end, static_cast<std::uint8_t>('\n'));
    if (found == end)
        fail(m_description + "is cut off.");
    m_at += static_cast<std::uint64_t>(found - begin) + 1;
    return {reinterpret_cast<const char *>(begin), static_cast<std::size_t>(found - begin)};
}

void Machine::pushNumber(std::int64_t value)
{
    constexpr std::int64_t most = (std::int64_t{1} << 54) - 1;
    if (value < -most || value > most)
        push(PickleKind::Other);
    else
        push(PickleKind::Int, value);
}

PickleValue Machine::pop()
{
    if (m_stack.size() <= (m_marks.empty() ? 0 : m_marks.back()))
        damaged("empty stack");
    const PickleValue value = m_stack.back();
    m_stack.pop_back();
    return value;
}

PickleValue &Machine::top()
{
    if (m_stack.empty())
        damaged("empty stack");
    return m_stack.back();
}

std::size_t Machine::mark()
{
    if (m_marks.empty())
        damaged("no mark");
    const std::size_t begin = m_marks.back();
    m_marks.pop_back();
    return begin;
}

PickleValue Machine::tuple(std::span<const PickleValue> items)
{
    const Pickle::Range range{m_made.tupleItems.size(), items.size()};
    for (const PickleValue item : items)
        put(m_made.tupleItems, item);
    return {PickleKind::Tuple, put(m_made.tuples, range)};
}

void Machine::tupleOf(std::size_t count)
{
    std::array<PickleValue, 3> items;
    for (std::size_t i = count; i-- > 0;)
        items[i] = pop();
    push(tuple(std::span(items).first(count)));
}

void Machine::remember(std::uint64_t key)
{
    const PickleValue value = top();
    if (key < m_memo.size())
        m_memo[key] = value;
    else if (key == m_memo.size())
        put(m_memo, value);
    else {
        m_spent += 64;
        if (m_spent > m_budget)
            damaged("too many references");
        m_far[key] = value;
    }
}

void Machine::recall(std::uint64_t key)
{
    if (key < m_memo.size())
        return push(m_memo[key]);
    const auto found = m_far.find(key);
    if (found == m_far.end())
        damaged("an unknown reference");
    push(found->second);
}

std::uint64_t Machine::written(std::string_view digits) const
{
    std::uint64_t value = 0;
    if (std::from_chars(digits.data(), digits.data() + digits.size(), value).ptr != digits.data() + digits.size())
        damaged("a number expected");
    return value;
}

void Machine::longNumber(std::uint64_t size)
{
    const std::uint8_t *digits = take(size);
    if (size > 7)
        return push(PickleKind::Other);
    std::uint64_t value = little(digits, static_cast<int>(size));
    if (size > 0 && (digits[size - 1] & 0x80) != 0)
        value |= ~std::uint64_t{0} << (8 * size);
    pushNumber(static_cast<std::int64_t>(value));
}

bool Machine::stepConstant(std::uint8_t op)
{
    switch (op) {
    case 0x80: take(1); return true;                                                  // PROTO
    case 0x95: take(8); return true;                                                  // FRAME
    case 'N': push(PickleKind::None); return true;                                    // NONE
    case 0x88: push(PickleKind::Flag, 1); return true;                                // NEWTRUE
    case 0x89: push(PickleKind::Flag, 0); return true;                                // NEWFALSE
    case 'K': pushNumber(*take(1)); return true;                                      // BININT1
    case 'M': pushNumber(static_cast<std::int64_t>(little(take(2), 2))); return true; // BININT2
    case 'J': pushNumber(static_cast<std::int32_t>(little(take(4), 4))); return true; // BININT
    case 0x8a: longNumber(*take(1)); return true;                                     // LONG1
    case 0x8b: longNumber(little(take(4), 4)); return true;                           // LONG4
    case 'G': {                                                                       // BINFLOAT: big-endian
        std::uint64_t bits = 0;
        for (const std::uint8_t byte : std::span(take(8), 8))
            bits = bits << 8 | byte;
        pushReal(std::bit_cast<double>(bits));
        return true;
    }
    case 'F': { // FLOAT
        const std::string_view digits = line();
        double value = 0;
        if (std::from_chars(digits.data(), digits.data() + digits.size(), value).ptr == digits.data() + digits.size())
            pushReal(value);
        else
            push(PickleKind::Other);
        return true;
    }
    case 'I':   // INT: "01" is True
    case 'L': { // LONG: "5L"
        std::string_view digits = line();
        if (digits.ends_with('L'))
            digits.remove_suffix(1);
        std::int64_t value = 0;
        if (digits == "00" || digits == "01")
            push(PickleKind::Flag, digits == "01" ? 1 : 0);
        else if (std::from_chars(digits.data(), digits.data() + digits.size(), value).ptr == digits.data() + digits.size())
            pushNumber(value);
        else
            push(PickleKind::Other);
        return true;
    }
    default: return false;
    }
}

bool Machine::stepText(std::uint8_t op)
{
    const auto pushBytes = [this](std::uint64_t count) { push(newBytes(chars(count))); };
    switch (op) {
    case 'X': pushText(chars(little(take(4), 4))); return true;  // BINUNICODE
    case 0x8c: pushText(chars(*take(1))); return true;           // SHORT_BINUNICODE
    case 0x8d: pushText(chars(little(take(8), 8))); return true; // BINUNICODE8
    case 'V': pushText(line()); return true;                     // UNICODE
    case 'S': {                                                  // STRING: in quotes
        std::string_view text = line();
        if (text.size() >= 2 && (text.front() == '\'' || text.front() == '"') && text.back() == text.front())
            text = text.substr(1, text.size() - 2);
        pushText(text);
        return true;
    }
    case 'T': pushText(chars(little(take(4), 4))); return true; // BINSTRING: Python 2's names
    case 'U': pushText(chars(*take(1))); return true;           // SHORT_BINSTRING
    case 'B': pushBytes(little(take(4), 4)); return true;       // BINBYTES
    case 'C': pushBytes(*take(1)); return true;                 // SHORT_BINBYTES
    case 0x8e:                                                  // BINBYTES8
    case 0x96: pushBytes(little(take(8), 8)); return true;      // BYTEARRAY8
    default: return false;
    }
}

bool Machine::stepMemo(std::uint8_t op)
{
    switch (op) {
    case 'q': remember(*take(1)); return true;                      // BINPUT
    case 'r': remember(little(take(4), 4)); return true;            // LONG_BINPUT
    case 'p': remember(written(line())); return true;               // PUT
    case 0x94: remember(m_memo.size() + m_far.size()); return true; // MEMOIZE
    case 'h': recall(*take(1)); return true;                        // BINGET
    case 'j': recall(little(take(4), 4)); return true;              // LONG_BINGET
    case 'g': recall(written(line())); return true;                 // GET
    case '2': push(top()); return true;                             // DUP
    case '0':                                                       // POP: a mark as well
        if (!m_marks.empty() && m_marks.back() == m_stack.size())
            m_marks.pop_back();
        else
            pop();
        return true;
    case '1': m_stack.resize(mark()); return true; // POP_MARK
    default: return false;
    }
}

bool Machine::stepContainer(std::uint8_t op)
{
    const auto sinceMark = [this](auto make) {
        const std::size_t begin = mark();
        const PickleValue made = make(since(begin));
        m_stack.resize(begin);
        push(made);
    };
    const auto intoTop = [this](auto fill) {
        const std::size_t begin = mark();
        if (begin == 0)
            damaged("empty stack");
        fill(m_stack[begin - 1], since(begin));
        m_stack.resize(begin);
    };
    switch (op) {
    case '(': put(m_marks, m_stack.size()); return true; // MARK
    case '}': push(newDict()); return true;              // EMPTY_DICT
    case ']': push(newList()); return true;              // EMPTY_LIST
    case ')':                                            // EMPTY_TUPLE: one for all
        if (!m_empty.is(PickleKind::Tuple))
            m_empty = tuple({});
        push(m_empty);
        return true;
    case 0x8f: push(PickleKind::Other); return true;                               // EMPTY_SET
    case 0x85: tupleOf(1); return true;                                            // TUPLE1
    case 0x86: tupleOf(2); return true;                                            // TUPLE2
    case 0x87: tupleOf(3); return true;                                            // TUPLE3
    case 't': sinceMark([this](auto items) { return tuple(items); }); return true; // TUPLE
    case 'l':                                                                      // LIST
        sinceMark([this](auto items) {
            const PickleValue made = newList();
            append(made, items);
            return made;
        });
        return true;
    case 'd': // DICT
        sinceMark([this](auto items) {
            const PickleValue made = newDict();
            setItems(made, items);
            return made;
        });
        return true;
    case 0x91: sinceMark([](auto) { return PickleValue(PickleKind::Other, 0); }); return true; // FROZENSET
    case 'a': {                                                                                // APPEND
        const PickleValue item = pop();
        append(top(), {&item, 1});
        return true;
    }
    case 'e':                                                                                            // APPENDS
    case 0x90: intoTop([this](PickleValue target, auto items) { append(target, items); }); return true;  // ADDITEMS
    case 'u': intoTop([this](PickleValue target, auto items) { setItems(target, items); }); return true; // SETITEMS
    case 's': {                                                                                          // SETITEM
        const PickleValue value = pop();
        const std::array<PickleValue, 2> pair{pop(), value};
        setItems(top(), pair);
        return true;
    }
    default: return false;
    }
}

bool Machine::stepCall(std::uint8_t op)
{
    switch (op) {
    case 'c': { // GLOBAL
        const std::string_view module = line();
        push(global(module, line()));
        return true;
    }
    case 0x93: { // STACK_GLOBAL
        const PickleValue name = pop();
        const PickleValue module = pop();
        if (!name.is(PickleKind::Text) || !module.is(PickleKind::Text))
            damaged("a name expected");
        push(global(m_made.text(module), m_made.text(name)));
        return true;
    }
    case 'Q': push(persistent(pop())); return true; // BINPERSID
    case 'P': fail(m_description + "names an unknown kind of data.");
    case 'R':    // REDUCE
    case 0x81: { // NEWOBJ
        const PickleValue arguments = pop();
        const PickleValue callable = pop();
        push(call(callable, arguments));
        return true;
    }
    case 0x92: { // NEWOBJ_EX: with named arguments
        pop();
        const PickleValue arguments = pop();
        const PickleValue callable = pop();
        push(call(callable, arguments));
        return true;
    }
    case 'i': { // INST: arguments since the mark
        const std::string_view module = line();
        const PickleValue callable = global(module, line());
        const std::size_t begin = mark();
        const PickleValue made = call(callable, tuple(since(begin)));
        m_stack.resize(begin);
        push(made);
        return true;
    }
    case 'o': { // OBJ: class and arguments since the mark
        const std::size_t begin = mark();
        if (begin >= m_stack.size())
            damaged("a class expected");
        const PickleValue made = call(m_stack[begin], tuple(since(begin + 1)));
        m_stack.resize(begin);
        push(made);
        return true;
    }
    case 'b': { // BUILD
        const PickleValue state = pop();
        build(top(), state);
        return true;
    }
    case '.': // STOP
        m_made.root = pop();
        m_done = true;
        return true;
    default: return false;
    }
}

void Machine::step(std::uint8_t op)
{
    if (stepConstant(op) || stepText(op) || stepMemo(op) || stepContainer(op) || stepCall(op))
        return;
    static constexpr char digits[] = "0123456789abcdef";
    fail(m_description + "uses the pickle operation 0x" + digits[op >> 4] + digits[op & 15] + ", which a file of PyTorch does not need; refused.");
}

} // namespace dscope::detail
