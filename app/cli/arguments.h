// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/nearest.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace dscope::cli {

/// One `--name` of a command.
struct Option {
    /// What a number may be.
    struct Range {
        double low = 0;
        double high = 0;
        bool whole = false;
    };

    std::string name;  ///< without the dashes
    std::string value; ///< what stands after it in the help, such as FILE; empty for a switch
    std::string help;
    bool repeatable = false;               ///< else two values are an error
    std::optional<Range> range = {};       ///< of a number; what lies outside is refused before any work
    std::vector<std::string> choices = {}; ///< the words that it may be; none: whatever is given
    std::string usual = {};                ///< what it is unless it is given, for the help; empty: the help says so itself, or nobody need know
};

/// An option that may be given more than once.
Option repeated(const std::string &name, const std::string &value, const std::string &help);
/// A number from `low` to `high`; an integer.
Option numberOption(const std::string &name, const std::string &value, const std::string &help, double low, double high, std::optional<double> usual = {});
Option wholeOption(const std::string &name, const std::string &value, const std::string &help, double low, double high, std::optional<double> usual = {});
/// One of a few words.
Option choiceOption(const std::string &name, const std::string &value, const std::string &help, const std::vector<std::string> &choices,
                    const std::string &usual = {});
/// Its help with range, words and default.
std::string helpOf(const Option &option);

/// A further word that a command takes, such as `ddnet` after `train`, with the options that it has.
struct Word {
    std::string name;
    std::vector<Option> options;
};

/// What may be typed after a command.
struct Syntax {
    std::string command;
    std::vector<Option> options; ///< without a further word
    std::vector<Word> words = {};
    bool wordNeeded = false; ///< else what looks like a further word may be a file of that name
};

/// What was typed after the command's word.
class Arguments {
public:
    /// Parses `--name value`, `--name=value` and switches; a lone `-` is a positional word, and after `--` all are. The first positional word chooses one of
    /// `syntax.words`, unless nothing follows it and none is needed.
    /// @throws UsageError that names the nearest option for an unknown one and for one of another word, where it belongs; for an option without its value, a
    /// switch with one, two values for an option that takes one, and a value that it cannot have
    Arguments(const std::vector<std::string> &words, const Syntax &syntax);
    Arguments(const std::vector<std::string> &words, const std::vector<Option> &options, const std::string &command)
        : Arguments(words, Syntax{command, options})
    {
    }

    /// The further word; empty where there is none.
    const std::string &word() const { return m_word; }
    /// For a command that finds out by itself which of its words was meant. @throws UsageError for an option that this one lacks
    void refuseOptionsOutside(const std::string &word) const;
    /// The positional words after it.
    const std::vector<std::string> &words() const { return m_words; }
    std::vector<std::filesystem::path> paths() const { return {m_words.begin(), m_words.end()}; }
    /// False also for an option of another word.
    bool has(const std::string &name) const;
    /// Whether the command has such an option at all.
    bool knows(const std::string &name) const { return find(name) != nullptr; }
    std::string text(const std::string &name, const std::string &otherwise = {}) const;
    /// @throws UsageError when the option was not given
    std::string required(const std::string &name) const;
    /// @throws UsageError for something that is no number or lies outside [low, high]
    double number(const std::string &name, double otherwise, double low, double high) const;
    std::int64_t integer(const std::string &name, std::int64_t otherwise, std::int64_t low, std::int64_t high) const;
    /// Of an option that states its range.
    double number(const std::string &name, double otherwise) const;
    std::int64_t integer(const std::string &name, std::int64_t otherwise) const;
    /// The same, where it was given; else `into` stays as it is.
    template<typename T>
    void take(const std::string &name, T &into) const
    {
        if (has(name))
            into = static_cast<T>(number(name, 0));
    }
    /// Values of an option that may be given more than once.
    std::vector<std::string> all(const std::string &name) const;
    /// With the further word: "train ddnet".
    const std::string &command() const { return m_command; }

private:
    const Option *find(const std::string &name) const;
    const Option &declared(const std::string &name) const;
    /// @throws UsageError where something was given that is not among `options`, those of `what`
    void refuseForeign(const std::vector<Option> &options, const std::string &what) const;
    void checkValues() const;

    Syntax m_syntax;
    std::string m_command;
    std::string m_word;
    std::vector<Option> m_options;
    std::vector<std::string> m_words;
    std::map<std::string, std::vector<std::string>> m_values;
};

} // namespace dscope::cli
