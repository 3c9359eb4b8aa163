// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/arguments.h"

#include "core/base/csv.h"
#include "core/base/error.h"
#include "core/base/text.h"

// Heavy: in this file alone.
#include <CLI/CLI.hpp>

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace dscope::cli {

namespace {

std::string seeHelp(const std::string &command)
{
    return " See: dscope" + (command.empty() ? std::string() : " " + command) + " --help";
}

std::vector<std::string> namesOf(const std::vector<Option> &options)
{
    std::vector<std::string> names;
    for (const Option &option : options)
        names.push_back(option.name);
    return names;
}

const Option *among(const std::vector<Option> &options, const std::string &name)
{
    const auto found = std::find_if(options.begin(), options.end(), [&](const Option &one) { return one.name == name; });
    return found != options.end() ? &*found : nullptr;
}

/// Every option of a command and of its words, once: what takes a value has to be known before the word is.
std::vector<Option> allOf(const Syntax &syntax)
{
    std::vector<Option> all = syntax.options;
    for (const Word &word : syntax.words)
        for (const Option &option : word.options)
            if (const Option *known = among(all, option.name); known == nullptr)
                all.push_back(option);
            else if (known->value.empty() != option.value.empty())
                throw std::logic_error("The option --" + option.name + " takes a value after one word of " + syntax.command + " and none after another");
    return all;
}

[[noreturn]] void refuseUnknown(const std::string &word, const std::vector<Option> &options, const std::string &command)
{
    const std::string typed = word.substr(0, word.find('='));
    const std::string near = nearest(typed.substr(std::min(typed.find_first_not_of('-'), typed.size())), namesOf(options));
    std::error_code problem;
    const std::string file = std::filesystem::exists(word, problem) ? " The file of that name is written './" + word + "'." : std::string();
    throw UsageError("There is no option '" + shownName(typed) + "'." + (near.empty() ? "" : " Did you mean '--" + near + "'?") + shown(file)
                     + seeHelp(command));
}

/// What was typed, taken apart by CLI11.
struct Typed {
    std::vector<std::string> words;
    std::map<std::string, std::vector<std::string>> values;
    std::vector<std::string> unknown; ///< what looks like an option
};

/// CLI11 takes `--name=` for `--name` alone, and a switch's `=true` for nothing.
std::vector<std::string> prepared(const std::vector<std::string> &words, const std::vector<Option> &options, const std::string &command)
{
    std::vector<std::string> plain;
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (words[i] == "--") {
            plain.insert(plain.end(), words.begin() + static_cast<std::ptrdiff_t>(i), words.end());
            break;
        }
        const std::size_t equals = words[i].find('=');
        const Option *option = words[i].starts_with("--") && equals != std::string::npos ? among(options, words[i].substr(2, equals - 2)) : nullptr;
        if (option != nullptr && option->value.empty())
            throw UsageError("The option '--" + option->name + "' takes no value." + seeHelp(command));
        if (option != nullptr && equals + 1 == words[i].size()) {
            plain.push_back("--" + option->name);
            plain.emplace_back();
        } else {
            plain.push_back(words[i]);
        }
    }
    return plain;
}

Typed typedIn(const std::vector<std::string> &words, const std::vector<Option> &options, const std::string &command)
{
    CLI::App app;
    app.set_help_flag();
    app.allow_extras();
    // Results are asked for as they were typed: what is bound to a variable CLI11 converts, and takes "[a,b]" and "{}" for lists. Positional words are what
    // is left, for the same reason.
    const CLI::callback_t nothing = [](const CLI::results_t &) { return true; };
    std::map<std::string, CLI::Option *> known;
    for (const Option &option : options)
        if (!known.contains(option.name)) // a command's own option goes before a common one of that name
            known[option.name] = option.value.empty() ? app.add_flag("--" + option.name)
                                                      : app.add_option("--" + option.name, nothing)->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    std::vector<std::string> plain = prepared(words, options, command);
    try {
        std::vector<std::string> reversed(plain.rbegin(), plain.rend()); // as CLI11 wants them
        app.parse(std::move(reversed));
    } catch (const CLI::ArgumentMismatch &) {
        // Every option takes the next word, whatever it is: only the last can be without.
        const Option *last = among(options, plain.back().substr(2));
        throw UsageError("The option '" + plain.back() + "' needs a value (" + (last != nullptr ? last->value : "") + ")." + seeHelp(command));
    } catch (const CLI::ParseError &error) {
        throw UsageError(std::string(error.what()) + "." + seeHelp(command));
    }
    Typed typed;
    for (const auto &[name, option] : known)
        if (option->count() > 0)
            typed.values[name] = option->results();
    bool marked = false; // by the first "--"
    for (const std::string &word : app.remaining()) {
        if (word == "--" && !marked)
            marked = true;
        else if (!marked && word.size() > 1 && word.front() == '-')
            typed.unknown.push_back(word);
        else
            typed.words.push_back(word);
    }
    return typed;
}

/// csvNumber() has 1e+05 for 100000.
std::string plain(double value)
{
    return printed("%.16g", value);
}

std::string rangeOf(const Option::Range &range)
{
    constexpr double endless = 1e9; // from here on it is there against overflow, and nobody need know
    return range.high >= endless ? plain(range.low) + " or more" : plain(range.low) + " to " + plain(range.high);
}

double numberIn(const std::string &word, const std::string &name, const Option::Range &range)
{
    const auto value = parseNumber(word);
    if (!value || !std::isfinite(*value) || *value < range.low || *value > range.high)
        throw UsageError("'" + shownName(word) + "' is no value for '--" + name + "': a number from " + plain(range.low) + " to " + plain(range.high)
                         + " is needed.");
    if (range.whole && *value != std::floor(*value))
        throw UsageError("'" + shownName(word) + "' is no value for '--" + name + "': a whole number is needed.");
    return *value;
}

Option rangedOption(const std::string &name, const std::string &value, const std::string &help, const Option::Range &range, std::optional<double> usual)
{
    Option option{name, value, help};
    option.range = range;
    if (usual)
        option.usual = printed("%.6g", *usual);
    return option;
}

} // namespace

Option repeated(const std::string &name, const std::string &value, const std::string &help)
{
    return {name, value, help, true};
}

Option numberOption(const std::string &name, const std::string &value, const std::string &help, double low, double high, std::optional<double> usual)
{
    return rangedOption(name, value, help, {low, high, false}, usual);
}

Option wholeOption(const std::string &name, const std::string &value, const std::string &help, double low, double high, std::optional<double> usual)
{
    return rangedOption(name, value, help, {low, high, true}, usual);
}

Option choiceOption(const std::string &name, const std::string &value, const std::string &help, const std::vector<std::string> &choices,
                    const std::string &usual)
{
    Option option{name, value, help};
    option.choices = choices;
    option.usual = usual;
    return option;
}

std::string helpOf(const Option &option)
{
    std::vector<std::string> more;
    if (!option.choices.empty())
        more.push_back(listed(option.choices));
    if (option.range)
        more.push_back(rangeOf(*option.range));
    if (!option.usual.empty())
        more.push_back("default " + option.usual);
    if (option.repeatable)
        more.emplace_back("may be repeated");
    if (more.empty())
        return option.help;
    std::string text;
    for (const std::string &part : more)
        text += (text.empty() ? "" : "; ") + part;
    if (option.help.empty())
        return text;
    // Into brackets that are there already.
    return option.help.ends_with(')') ? option.help.substr(0, option.help.size() - 1) + "; " + text + ")" : option.help + " (" + text + ")";
}

Arguments::Arguments(const std::vector<std::string> &words, const Syntax &syntax) : m_syntax(syntax), m_command(syntax.command), m_options(syntax.options)
{
    const std::vector<Option> all = allOf(syntax);
    Typed typed = typedIn(words, all, syntax.command);
    m_words = std::move(typed.words);
    m_values = std::move(typed.values);
    const auto chosen = std::find_if(syntax.words.begin(), syntax.words.end(), [&](const Word &word) { return !m_words.empty() && m_words[0] == word.name; });
    if (chosen != syntax.words.end() && (syntax.wordNeeded || m_words.size() > 1)) {
        m_word = chosen->name;
        m_command += ' ' + m_word;
        m_options = chosen->options;
        m_words.erase(m_words.begin());
    } else if (syntax.wordNeeded) {
        m_options = all; // that the word is missing is for the command to say
    }
    if (!typed.unknown.empty())
        refuseUnknown(typed.unknown.front(), m_options, m_command);
    refuseForeign(m_options, m_command);
    checkValues();
}

void Arguments::refuseOptionsOutside(const std::string &word) const
{
    for (const Word &known : m_syntax.words)
        if (known.name == word)
            refuseForeign(known.options, m_syntax.command + ' ' + word);
}

void Arguments::refuseForeign(const std::vector<Option> &options, const std::string &what) const
{
    for (const auto &[name, values] : m_values) {
        if (among(options, name) != nullptr)
            continue;
        std::vector<std::string> owners;
        for (const Word &word : m_syntax.words)
            if (among(word.options, name) != nullptr)
                owners.push_back("'dscope " + m_syntax.command + ' ' + word.name + "'");
        if (owners.empty())
            owners.push_back("'dscope " + m_syntax.command + "' without '" + what.substr(m_syntax.command.size() + 1) + "'");
        const std::string near = nearest(name, namesOf(options));
        throw UsageError("The option '--" + name + "' belongs to " + listed(owners, "and") + ", not to 'dscope " + what + "'."
                         + (near.empty() ? "" : " Did you mean '--" + near + "'?") + seeHelp(what));
    }
}

void Arguments::checkValues() const
{
    for (const auto &[name, values] : m_values) {
        const Option &option = declared(name);
        // Taking the last one would leave out what somebody asked for, and say nothing.
        if (!option.value.empty() && !option.repeatable)
            for (const std::string &value : values)
                if (value != values.front())
                    throw UsageError("The option '--" + name + "' is given twice ('" + shownName(values.front()) + "' and '" + shownName(value)
                                     + "'); it takes one value." + seeHelp(m_command));
        for (const std::string &value : values) {
            if (option.range)
                numberIn(value, name, *option.range);
            if (!option.choices.empty() && std::find(option.choices.begin(), option.choices.end(), value) == option.choices.end()) {
                const std::string near = nearest(value, option.choices);
                throw UsageError("'" + shownName(value) + "' is no value for '--" + name + "': " + listed(option.choices) + " is needed."
                                 + (near.empty() ? "" : " Did you mean '" + near + "'?"));
            }
        }
    }
}

const Option *Arguments::find(const std::string &name) const
{
    return among(m_options, name);
}

const Option &Arguments::declared(const std::string &name) const
{
    // A command that asks for an option that none of its words offers is a mistake of ours.
    if (const Option *option = find(name))
        return *option;
    if (const Option *option = among(m_syntax.options, name))
        return *option;
    for (const Word &word : m_syntax.words)
        if (const Option *option = among(word.options, name))
            return *option;
    throw std::logic_error("The command " + m_command + " does not declare --" + name);
}

bool Arguments::has(const std::string &name) const
{
    declared(name);
    return m_values.contains(name);
}

std::string Arguments::text(const std::string &name, const std::string &otherwise) const
{
    return has(name) ? m_values.at(name).back() : otherwise;
}

std::string Arguments::required(const std::string &name) const
{
    if (!has(name) || m_values.at(name).back().empty())
        throw UsageError("The option '--" + name + "' is needed." + seeHelp(m_command));
    return m_values.at(name).back();
}

double Arguments::number(const std::string &name, double otherwise, double low, double high) const
{
    return has(name) ? numberIn(m_values.at(name).back(), name, {low, high, false}) : otherwise;
}

std::int64_t Arguments::integer(const std::string &name, std::int64_t otherwise, std::int64_t low, std::int64_t high) const
{
    const Option::Range range{static_cast<double>(low), static_cast<double>(high), true};
    return has(name) ? static_cast<std::int64_t>(numberIn(m_values.at(name).back(), name, range)) : otherwise;
}

double Arguments::number(const std::string &name, double otherwise) const
{
    const Option &option = declared(name);
    if (!option.range)
        throw std::logic_error("The option --" + name + " of " + m_command + " states no range");
    return has(name) ? numberIn(m_values.at(name).back(), name, *option.range) : otherwise;
}

std::int64_t Arguments::integer(const std::string &name, std::int64_t otherwise) const
{
    return has(name) ? static_cast<std::int64_t>(number(name, 0)) : otherwise;
}

std::vector<std::string> Arguments::all(const std::string &name) const
{
    return has(name) ? m_values.at(name) : std::vector<std::string>();
}

} // namespace dscope::cli
