// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/nearest.h"

#include <algorithm>

namespace dscope {

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

std::string listed(const std::vector<std::string> &words, const std::string &last)
{
    std::string text;
    for (std::size_t i = 0; i < words.size(); ++i)
        text += (i == 0 ? "" : i + 1 < words.size() ? ", " : ' ' + last + ' ') + words[i];
    return text;
}

} // namespace dscope
