// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace dscope::cli {

/// One `--name` of a command.
struct Option {
    std::string name;  ///< without the dashes
    std::string value; ///< what stands after it in the help, such as FILE; empty for a switch
    std::string help;

    /// What the help says: an option without these words must not be given twice.
    bool repeatable() const { return help.find("may be repeated") != std::string::npos; }
};

/// What was typed after the command's word.
class Arguments {
public:
    /// Parses `--name value`, `--name=value` and switches; a lone `-` is a positional word, and after `--` all are.
    /// @throws UsageError that names the nearest option for an unknown one, an option without its value, a switch with one, or two
    /// values for an option that takes one
    Arguments(const std::vector<std::string> &words, const std::vector<Option> &options, const std::string &command);

    const std::vector<std::string> &words() const { return m_words; }
    std::vector<std::filesystem::path> paths() const { return {m_words.begin(), m_words.end()}; }
    bool has(const std::string &name) const;
    /// Whether the command has such an option at all.
    bool knows(const std::string &name) const { return m_known.count(name) > 0; }
    std::string text(const std::string &name, const std::string &otherwise = {}) const;
    /// @throws UsageError when the option was not given
    std::string required(const std::string &name) const;
    /// @throws UsageError for something that is no number or lies outside [low, high]
    double number(const std::string &name, double otherwise, double low, double high) const;
    std::int64_t integer(const std::string &name, std::int64_t otherwise, std::int64_t low, std::int64_t high) const;
    /// Values of an option that may be given more than once.
    std::vector<std::string> all(const std::string &name) const;
    const std::string &command() const { return m_command; }

private:
    void declared(const std::string &name) const;

    std::string m_command;
    std::set<std::string> m_known;
    std::vector<std::string> m_words;
    std::map<std::string, std::vector<std::string>> m_values;
};

/// Single edits (insert, remove, replace, swap of neighbours) between two words.
int editDistance(const std::string &left, const std::string &right);
/// The candidate nearest to `word`, or an empty string when none is near.
std::string nearest(const std::string &word, const std::vector<std::string> &candidates);

} // namespace dscope::cli
