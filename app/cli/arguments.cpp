// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/arguments.h"

#include "core/base/csv.h"
#include "core/base/error.h"
#include "core/base/text.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace dscope::cli {

int editDistance(const std::string &left, const std::string &right)
{
    const std::size_t n = left.size();
    const std::size_t m = right.size();
    std::vector<std::vector<int>> cost(n + 1, std::vector<int>(m + 1));
    for (std::size_t i = 0; i <= n; ++i)
        cost[i][0] = static_cast<int>(i);
    for (std::size_t j = 0; j <= m; ++j)
        cost[0][j] = static_cast<int>(j);
    for (std::size_t i = 1; i <= n; ++i)
        for (std::size_t j = 1; j <= m; ++j) {
            cost[i][j] = std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1, cost[i - 1][j - 1] + (left[i - 1] == right[j - 1] ? 0 : 1)});
            if (i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1])
                cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
        }
    return cost[n][m];
}

std::string nearest(const std::string &word, const std::vector<std::string> &candidates)
{
    std::string best;
    int bestDistance = 0;
    for (const std::string &candidate : candidates) {
        // A beginning counts as one edit: --thresh for --threshold.
        const bool beginning = word.size() >= 3 && candidate.compare(0, word.size(), word) == 0;
        const int distance = beginning ? 1 : editDistance(word, candidate);
        if (distance <= std::max(1, static_cast<int>(std::max(word.size(), candidate.size())) / 3) && (best.empty() || distance < bestDistance)) {
            best = candidate;
            bestDistance = distance;
        }
    }
    return best;
}

Arguments::Arguments(const std::vector<std::string> &words, const std::vector<Option> &options, const std::string &command) : m_command(command)
{
    std::vector<std::string> names;
    for (const Option &option : options) {
        m_known.insert(option.name);
        names.push_back(option.name);
    }
    const std::string help = " See: dscope" + (command.empty() ? std::string() : " " + command) + " --help";
    bool plain = false;
    for (std::size_t i = 0; i < words.size(); ++i) {
        const std::string &word = words[i];
        if (plain || word == "-" || word.empty() || word.front() != '-') {
            m_words.push_back(word);
            continue;
        }
        if (word == "--") {
            plain = true;
            continue;
        }
        const std::string body = word.substr(word.rfind("--", 0) == 0 ? 2 : 1);
        const std::size_t equals = body.find('=');
        const std::string name = body.substr(0, equals);
        const auto option = std::find_if(options.begin(), options.end(), [&](const Option &one) { return one.name == name; });
        if (option == options.end() || word.rfind("--", 0) != 0) {
            const std::string near = nearest(name, names);
            std::error_code problem;
            const std::string file = std::filesystem::exists(word, problem) ? " The file of that name is written './" + word + "'." : std::string();
            throw UsageError("There is no option '" + shownName(word.substr(0, word.find('='))) + "'." + (near.empty() ? "" : " Did you mean '--" + near + "'?")
                             + shown(file) + help);
        }
        if (option->value.empty()) {
            if (equals != std::string::npos)
                throw UsageError("The option '--" + name + "' takes no value." + help);
            m_values[name].emplace_back();
        } else if (equals != std::string::npos) {
            m_values[name].push_back(body.substr(equals + 1));
        } else if (i + 1 < words.size()) {
            m_values[name].push_back(words[++i]);
        } else {
            throw UsageError("The option '--" + name + "' needs a value (" + option->value + ")." + help);
        }
        // Taking the last one would leave out what somebody asked for, and say nothing.
        if (const auto &values = m_values[name]; !option->value.empty() && values.size() > 1 && !option->repeatable() && values.front() != values.back())
            throw UsageError("The option '--" + name + "' is given twice ('" + shownName(values.front()) + "' and '" + shownName(values.back())
                             + "'); it takes one value." + help);
    }
}

void Arguments::declared(const std::string &name) const
{
    // A command that asks for an option it does not offer is a mistake of ours.
    if (!m_known.contains(name))
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
        throw UsageError("The option '--" + name + "' is needed. See: dscope " + m_command + " --help");
    return m_values.at(name).back();
}

double Arguments::number(const std::string &name, double otherwise, double low, double high) const
{
    if (!has(name))
        return otherwise;
    const std::string &word = m_values.at(name).back();
    const auto value = parseNumber(word);
    if (!value || !std::isfinite(*value) || *value < low || *value > high)
        throw UsageError("'" + word + "' is no value for '--" + name + "': a number from " + csvNumber(low) + " to " + csvNumber(high) + " is needed.");
    return *value;
}

std::int64_t Arguments::integer(const std::string &name, std::int64_t otherwise, std::int64_t low, std::int64_t high) const
{
    const double value = number(name, static_cast<double>(otherwise), static_cast<double>(low), static_cast<double>(high));
    if (value != std::floor(value))
        throw UsageError("'" + m_values.at(name).back() + "' is no value for '--" + name + "': a whole number is needed.");
    return static_cast<std::int64_t>(value);
}

std::vector<std::string> Arguments::all(const std::string &name) const
{
    return has(name) ? m_values.at(name) : std::vector<std::string>();
}

} // namespace dscope::cli
