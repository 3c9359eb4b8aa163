#include "core/nets/pickle.h"

#include "core/base/error.h"
#include "core/nets/bytesource.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <unordered_map>

namespace dscope::detail {

namespace {

constexpr std::string_view s_runs[] = {"os",     "posix",  "nt",    "subprocess", "sys",      "pty",    "shutil",
                                       "socket", "runpy", "importlib", "commands", "ctypes", "webbrowser"};
constexpr std::string_view s_runsBuiltin[] = {"eval", "exec", "execfile", "compile", "open", "__import__", "input", "raw_input", "breakpoint"};

/// Whether a name is only good for running code or reaching for the machine.
bool runsCode(std::string_view module, std::string_view name)
{
    const std::string_view package = module.substr(0, module.find('.'));
    if (std::find(std::begin(s_runs), std::end(s_runs), package) != std::end(s_runs))
        return true;
    return (module == "builtins" || module == "__builtin__") && std::find(std::begin(s_runsBuiltin), std::end(s_runsBuiltin), name) != std::end(s_runsBuiltin);
}

/// A name out of a file as it may be shown.
std::string shown(std::string_view text)
{
    std::string out;
    for (const char c : text.substr(0, 120))
        out += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c;
    return out;
}

class Machine {
public:
    Machine(std::span<const std::uint8_t> bytes, const std::filesystem::path &path, std::string_view part)
        : m_bytes(bytes), m_path(path), m_description("its description (" + std::string(part) + ") "), m_budget((std::uint64_t{16} << 20) + 12 * std::uint64_t{bytes.size()})
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
    std::string_view line()
    {
        const auto *begin = m_bytes.data() + m_at;
        const auto *end = m_bytes.data() + m_bytes.size();
        const auto *found = std::find(begin, end, static_cast<std::uint8_t>('\n'));
        if (found == end)
            fail(m_description + "is cut off.");
        m_at += static_cast<std::uint64_t>(found - begin) + 1;
        return {reinterpret_cast<const char *>(begin), static_cast<std::size_t>(found - begin)};
    }

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
    void pushNumber(std::int64_t value)
    {
        constexpr std::int64_t most = (std::int64_t{1} << 54) - 1;
        if (value < -most || value > most)
            push(PickleKind::Other);
        else
            push(PickleKind::Int, value);
    }
    void pushText(std::string_view text) { push(PickleKind::Text, put(m_made.texts, text)); }

    PickleValue pop()
    {
        if (m_stack.size() <= (m_marks.empty() ? 0 : m_marks.back()))
            damaged("empty stack");
        const PickleValue value = m_stack.back();
        m_stack.pop_back();
        return value;
    }
    PickleValue &top()
    {
        if (m_stack.empty())
            damaged("empty stack");
        return m_stack.back();
    }
    /// Where the values since the last mark begin; the mark is gone.
    std::size_t mark()
    {
        if (m_marks.empty())
            damaged("no mark");
        const std::size_t begin = m_marks.back();
        m_marks.pop_back();
        return begin;
    }
    std::span<const PickleValue> since(std::size_t begin) const { return std::span(m_stack).subspan(begin); }

    PickleValue tuple(std::span<const PickleValue> items)
    {
        const Pickle::Range range{m_made.tupleItems.size(), items.size()};
        for (const PickleValue item : items)
            put(m_made.tupleItems, item);
        return {PickleKind::Tuple, put(m_made.tuples, range)};
    }
    void tupleOf(std::size_t count)
    {
        std::array<PickleValue, 3> items;
        for (std::size_t i = count; i-- > 0;)
            items[i] = pop();
        push(tuple(std::span(items).first(count)));
    }
    PickleValue newList() { return {PickleKind::List, put(m_made.lists, {})}; }
    PickleValue newDict() { return {PickleKind::Dict, put(m_made.dicts, {})}; }
    PickleValue newObject(std::size_t global) { return {PickleKind::Object, put(m_made.objects, Pickle::Object{global, {}, {}})}; }

    void remember(std::uint64_t key)
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
    void recall(std::uint64_t key)
    {
        if (key < m_memo.size())
            return push(m_memo[key]);
        const auto found = m_far.find(key);
        if (found == m_far.end())
            damaged("an unknown reference");
        push(found->second);
    }
    std::uint64_t written(std::string_view digits) const
    {
        std::uint64_t value = 0;
        if (std::from_chars(digits.data(), digits.data() + digits.size(), value).ptr != digits.data() + digits.size())
            damaged("a number expected");
        return value;
    }

    PickleValue global(std::string_view module, std::string_view name);
    PickleValue persistent(PickleValue id);
    PickleValue call(PickleValue callable, PickleValue arguments, bool nested = false);
    PickleValue tensor(std::span<const PickleValue> arguments, std::string_view type);
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

PickleValue Machine::global(std::string_view module, std::string_view name)
{
    if (runsCode(module, name))
        fail("asks for the Python object '" + shown(module) + "." + shown(name)
             + "', which would mean running code: do not open this file in PyTorch, and ask whoever made it for a plain state dict.");
    std::string full = std::string(module) + " " + std::string(name);
    const auto found = m_globals.find(full);
    if (found != m_globals.end())
        return {PickleKind::Global, static_cast<std::int64_t>(found->second)};
    m_spent += 2 * full.size() + 96;
    if (m_spent > m_budget)
        damaged("too many names");
    const std::size_t index = m_made.globals.size();
    m_made.globals.push_back(full);
    m_globals.emplace(std::move(full), index);
    return {PickleKind::Global, static_cast<std::int64_t>(index)};
}

/// ("storage", class, key, device, elements) and, in the old kind, (view's key, offset, elements) or None behind it.
PickleValue Machine::persistent(PickleValue id)
{
    if (!id.is(PickleKind::Tuple))
        damaged("a storage expected");
    const std::span<const PickleValue> parts = m_made.tuple(id);
    if (parts.empty() || !parts[0].is(PickleKind::Text))
        damaged("a storage expected");
    if (m_made.text(parts[0]) == "module" && parts.size() > 1) // the old kind's way to name a network's class
        return parts[1];
    if (m_made.text(parts[0]) != "storage" || parts.size() < 5 || !parts[1].is(PickleKind::Global) || !parts[4].is(PickleKind::Int)
        || !(parts[2].is(PickleKind::Text) || parts[2].is(PickleKind::Int)))
        fail(m_description + "names an unknown kind of data.");
    const std::string_view type = m_made.globals[parts[1].index()];
    Pickle::Storage storage;
    storage.type = type.substr(type.find(' ') + 1);
    storage.key = parts[2].is(PickleKind::Text) ? m_made.text(parts[2]) : std::string_view();
    storage.count = parts[4].number();
    if (parts.size() > 5 && parts[5].is(PickleKind::Tuple)) {
        const std::span<const PickleValue> view = m_made.tuple(parts[5]);
        if (view.size() != 3 || !view[1].is(PickleKind::Int) || !view[2].is(PickleKind::Int))
            damaged("a view of a storage");
        storage.viewOffset = view[1].number();
        storage.viewCount = view[2].number();
    }
    return {PickleKind::Storage, put(m_made.storages, storage)};
}

PickleValue Machine::tensor(std::span<const PickleValue> arguments, std::string_view type)
{
    if (arguments.size() < 4 || !arguments[0].is(PickleKind::Storage) || !arguments[1].is(PickleKind::Int) || !arguments[2].is(PickleKind::Tuple)
        || !arguments[3].is(PickleKind::Tuple))
        damaged("a tensor's fields");
    return {PickleKind::Tensor, put(m_made.tensors, Pickle::Tensor{arguments[0].index(), arguments[1].number(), arguments[2], arguments[3], type})};
}

/// Python 2 wrote its items as a list of pairs among the arguments.
PickleValue Machine::orderedDict(PickleValue arguments)
{
    const PickleValue made = newDict();
    if (!arguments.is(PickleKind::Tuple) || m_made.tuple(arguments).empty())
        return made;
    const PickleValue first = m_made.tuple(arguments)[0];
    if (first.is(PickleKind::Dict))
        return first;
    if (!first.is(PickleKind::List))
        return made;
    for (std::size_t i = 0; i < m_made.lists[first.index()].size(); ++i) {
        const PickleValue entry = m_made.lists[first.index()][i];
        std::span<const PickleValue> pair;
        if (entry.is(PickleKind::Tuple))
            pair = m_made.tuple(entry);
        else if (entry.is(PickleKind::List))
            pair = m_made.lists[entry.index()];
        if (pair.size() == 2)
            setItems(made, pair);
    }
    return made;
}

PickleValue Machine::call(PickleValue callable, PickleValue arguments, bool nested)
{
    if (!callable.is(PickleKind::Global)) // such as what another call gave
        return {PickleKind::Other, 0};
    const std::size_t index = callable.index();
    const std::string_view name = m_made.globals[index];
    const std::span<const PickleValue> given = arguments.is(PickleKind::Tuple) ? m_made.tuple(arguments) : std::span<const PickleValue>();
    if (name == "collections OrderedDict" || name == "builtins dict" || name == "__builtin__ dict" || name == "collections Counter")
        return orderedDict(arguments);
    if (name == "collections defaultdict")
        return newDict();
    if (name == "torch._utils _rebuild_tensor" || name == "torch._utils _rebuild_tensor_v2")
        return tensor(given, {});
    if (name == "torch._utils _rebuild_tensor_v3" && given.size() > 6 && given[6].is(PickleKind::Global)) {
        const std::string_view type = m_made.globals[given[6].index()];
        return tensor(given, type.substr(type.find(' ') + 1));
    }
    if ((name == "torch._utils _rebuild_parameter" || name == "torch._utils _rebuild_parameter_with_state" || name == "torch.nn.parameter Parameter"
         || name == "torch Size")
        && !given.empty())
        return given.front();
    if (name == "torch._tensor _rebuild_from_type_v2" && given.size() > 2 && given[0].is(PickleKind::Global) && !nested)
        return call(given[0], given[2], true);
    if ((name == "copyreg _reconstructor" || name == "copy_reg _reconstructor") && !given.empty() && given[0].is(PickleKind::Global))
        return newObject(given[0].index());
    return newObject(index);
}

void Machine::build(PickleValue target, PickleValue state)
{
    if (!target.is(PickleKind::Object))
        return; // such as an OrderedDict's own attributes
    if (state.is(PickleKind::Tuple) && !m_made.tuple(state).empty()) // attributes, and those in slots
        state = m_made.tuple(state).front();
    if (state.is(PickleKind::Dict))
        m_made.objects[target.index()].state = state;
}

void Machine::setItems(PickleValue target, std::span<const PickleValue> flat)
{
    if (flat.size() % 2 != 0)
        damaged("a key without a value");
    if (target.is(PickleKind::Object)) { // a class of somebody's that is a dictionary
        Pickle::Object &object = m_made.objects[target.index()];
        if (!object.items.is(PickleKind::Dict))
            object.items = newDict();
        target = object.items;
    }
    if (target.is(PickleKind::Other))
        return;
    if (!target.is(PickleKind::Dict))
        damaged("a dictionary expected");
    for (std::size_t i = 0; i < flat.size(); i += 2)
        put(m_made.dicts[target.index()], std::pair(flat[i], flat[i + 1]));
}

void Machine::append(PickleValue target, std::span<const PickleValue> items)
{
    if (target.is(PickleKind::Object) || target.is(PickleKind::Other)) // a class that is a list, a set
        return;
    if (!target.is(PickleKind::List))
        damaged("a list expected");
    for (const PickleValue item : items)
        put(m_made.lists[target.index()], item);
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
    case 0x80: take(1); return true;                                                            // PROTO
    case 0x95: take(8); return true;                                                            // FRAME
    case 'N': push(PickleKind::None); return true;                                              // NONE
    case 0x88: push(PickleKind::Flag, 1); return true;                                          // NEWTRUE
    case 0x89: push(PickleKind::Flag, 0); return true;                                          // NEWFALSE
    case 'K': pushNumber(*take(1)); return true;                                                // BININT1
    case 'M': pushNumber(static_cast<std::int64_t>(little(take(2), 2))); return true;           // BININT2
    case 'J': pushNumber(static_cast<std::int32_t>(little(take(4), 4))); return true;           // BININT
    case 0x8a: longNumber(*take(1)); return true;                                               // LONG1
    case 0x8b: longNumber(little(take(4), 4)); return true;                                     // LONG4
    case 'G': take(8); push(PickleKind::Other); return true;                                    // BINFLOAT
    case 'F': line(); push(PickleKind::Other); return true;                                     // FLOAT
    case 'I':                                                                                   // INT: "01" is True
    case 'L': {                                                                                 // LONG: "5L"
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
    const auto skip = [this](std::uint64_t count) {
        take(count);
        push(PickleKind::Other);
    };
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
    case 'B': skip(little(take(4), 4)); return true;            // BINBYTES
    case 'C': skip(*take(1)); return true;                      // SHORT_BINBYTES
    case 0x8e:                                                  // BINBYTES8
    case 0x96: skip(little(take(8), 8)); return true;           // BYTEARRAY8
    default: return false;
    }
}

bool Machine::stepMemo(std::uint8_t op)
{
    switch (op) {
    case 'q': remember(*take(1)); return true;                     // BINPUT
    case 'r': remember(little(take(4), 4)); return true;           // LONG_BINPUT
    case 'p': remember(written(line())); return true;              // PUT
    case 0x94: remember(m_memo.size() + m_far.size()); return true; // MEMOIZE
    case 'h': recall(*take(1)); return true;                       // BINGET
    case 'j': recall(little(take(4), 4)); return true;             // LONG_BINGET
    case 'g': recall(written(line())); return true;                // GET
    case '2': push(top()); return true;                            // DUP
    case '0':                                                      // POP: a mark as well
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
    case 0x8f: push(PickleKind::Other); return true; // EMPTY_SET
    case 0x85: tupleOf(1); return true;              // TUPLE1
    case 0x86: tupleOf(2); return true;              // TUPLE2
    case 0x87: tupleOf(3); return true;              // TUPLE3
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
    case 'e':                                                                                                // APPENDS
    case 0x90: intoTop([this](PickleValue target, auto items) { append(target, items); }); return true;      // ADDITEMS
    case 'u': intoTop([this](PickleValue target, auto items) { setItems(target, items); }); return true;     // SETITEMS
    case 's': {                                                                                              // SETITEM
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
    fail(m_description + "uses the pickle operation 0x" + digits[op >> 4] + digits[op & 15]
         + ", which a file of PyTorch does not need; refused.");
}

} // namespace

std::string Pickle::nameOf(PickleValue value) const
{
    std::size_t global = 0;
    if (value.is(PickleKind::Object))
        global = objects[value.index()].global;
    else if (value.is(PickleKind::Global))
        global = value.index();
    else
        return {};
    std::string name = shown(globals[global]);
    std::replace(name.begin(), name.end(), ' ', '.');
    return name;
}

Pickle parsePickle(std::span<const std::uint8_t> bytes, const std::filesystem::path &name, std::string_view part)
{
    return Machine(bytes, name, part).run();
}

} // namespace dscope::detail
