// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/nets/pickle.h"

#include "core/nets/picklemachine.h"

#include <algorithm>

namespace dscope::detail {

namespace {

constexpr std::string_view s_runs[] = {"os",     "posix", "nt",        "subprocess", "sys",    "pty",       "shutil",
                                       "socket", "runpy", "importlib", "commands",   "ctypes", "webbrowser"};
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

} // namespace

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

/// (storage, offset, sizes, strides, (scheme, scale, zero point) or (scheme, scales, zero points, axis), ...)
PickleValue Machine::quantisedTensor(std::span<const PickleValue> given)
{
    if (given.size() < 5 || !given[4].is(PickleKind::Tuple))
        damaged("a tensor's fields");
    const std::span<const PickleValue> how = m_made.tuple(given[4]);
    if (how.empty() || !how[0].is(PickleKind::Global))
        damaged("a tensor's fields");
    const std::string_view scheme = m_made.globals[how[0].index()];
    Pickle::Quantised quantised{scheme.substr(scheme.find(' ') + 1), {}, {}, -1};
    const auto isNumber = [](PickleValue value) { return value.is(PickleKind::Int) || value.is(PickleKind::Real); };
    const bool one = how.size() == 3 && isNumber(how[1]) && how[2].is(PickleKind::Int);
    const bool many = how.size() == 4 && how[1].is(PickleKind::Tensor) && how[2].is(PickleKind::Tensor) && how[3].is(PickleKind::Int);
    if (one || many) {
        quantised.scale = how[1];
        quantised.zeroPoint = how[2];
        quantised.axis = many ? how[3].number() : -1;
    }
    const PickleValue made = tensor(given.first(4), {});
    m_made.tensors[made.index()].quantised = static_cast<std::int32_t>(put(m_made.quantised, quantised));
    return made;
}

PickleValue Machine::newArray()
{
    Pickle::Tensor tensor;
    tensor.array = static_cast<std::int32_t>(put(m_made.arrays, {}));
    return {PickleKind::Tensor, put(m_made.tensors, tensor)};
}

/// Leaves an array without type and values where these are not what a plain array has.
void Machine::buildArray(PickleValue target, PickleValue shape, PickleValue dtype, PickleValue fortran, PickleValue data)
{
    if (!shape.is(PickleKind::Tuple) || !dtype.is(PickleKind::Dtype) || !(data.is(PickleKind::Bytes) || data.is(PickleKind::Text)))
        return;
    Pickle::Tensor &tensor = m_made.tensors[target.index()];
    tensor.sizes = shape;
    m_made.arrays[static_cast<std::size_t>(tensor.array)] = {dtype, data, fortran.is(PickleKind::Flag) && fortran.number() != 0};
}

/// What numpy's arrays consist of; Other for a call that is none of theirs.
PickleValue Machine::callOfNumpy(std::string_view name, std::span<const PickleValue> given)
{
    const auto isCore = [&](std::string_view function) {
        return (name.starts_with("numpy.core.") || name.starts_with("numpy._core.")) && name.substr(name.find("core.") + 5) == function;
    };
    const PickleValue none{PickleKind::Other, 0};
    if (name == "_codecs encode") // protocol 2's bytes
        return given.size() == 2 && given[0].is(PickleKind::Text) && given[1].is(PickleKind::Text)
                && (m_made.text(given[1]) == "latin1" || m_made.text(given[1]) == "latin-1")
            ? newBytes(m_made.text(given[0]), true)
            : none;
    if ((name == "builtins bytes" || name == "__builtin__ bytes") && given.empty())
        return newBytes({});
    if (name == "numpy dtype" && !given.empty() && given[0].is(PickleKind::Text))
        return {PickleKind::Dtype, put(m_made.dtypes, Pickle::Dtype{m_made.text(given[0]), '<'})};
    if (isCore("multiarray _reconstruct") && !given.empty() && given[0].is(PickleKind::Global) && m_made.globals[given[0].index()] == "numpy ndarray")
        return newArray();
    if (isCore("numeric _frombuffer") && given.size() == 4) {
        const PickleValue made = newArray();
        const bool fortran = given[3].is(PickleKind::Text) && m_made.text(given[3]) == "F";
        buildArray(made, given[2], given[1], PickleValue(PickleKind::Flag, fortran ? 1 : 0), given[0]);
        return made;
    }
    return none;
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
    if (name == "torch._utils _rebuild_qtensor")
        return quantisedTensor(given);
    if (const PickleValue made = callOfNumpy(name, given); !made.is(PickleKind::Other))
        return made;
    if ((name == "copyreg _reconstructor" || name == "copy_reg _reconstructor") && !given.empty() && given[0].is(PickleKind::Global))
        return newObject(given[0].index());
    return newObject(index);
}

void Machine::build(PickleValue target, PickleValue state)
{
    const std::span<const PickleValue> parts = state.is(PickleKind::Tuple) ? m_made.tuple(state) : std::span<const PickleValue>();
    if (target.is(PickleKind::Tensor) && m_made.tensors[target.index()].array >= 0 && parts.size() == 5) // version, shape, type, order, values
        return buildArray(target, parts[1], parts[2], parts[3], parts[4]);
    if (target.is(PickleKind::Dtype) && parts.size() > 1 && parts[1].is(PickleKind::Text) && !m_made.text(parts[1]).empty()) {
        m_made.dtypes[target.index()].order = m_made.text(parts[1]).front();
        return;
    }
    if (!target.is(PickleKind::Object))
        return;                                                      // such as an OrderedDict's own attributes
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
    if (target.is(PickleKind::Other) || target.is(PickleKind::Bytes))
        return;
    if (!target.is(PickleKind::Dict))
        damaged("a dictionary expected");
    for (std::size_t i = 0; i < flat.size(); i += 2)
        put(m_made.dicts[target.index()], std::pair(flat[i], flat[i + 1]));
}

void Machine::append(PickleValue target, std::span<const PickleValue> items)
{
    if (target.is(PickleKind::Object) || target.is(PickleKind::Other) || target.is(PickleKind::Bytes)) // a class that is a list, a set
        return;
    if (!target.is(PickleKind::List))
        damaged("a list expected");
    for (const PickleValue item : items)
        put(m_made.lists[target.index()], item);
}

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
