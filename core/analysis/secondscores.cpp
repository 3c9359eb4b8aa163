// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/secondscores.h"

#include "core/base/error.h"
#include "core/base/hash.h"
#include "core/base/text.h"

#include <limits>

namespace dscope {

SecondLookChoice chooseSecondLook(const AnalysisOptions &options, const ModelSpec &base, const std::string &hash, const ModelStore &store)
{
    SecondLookChoice choice;
    const bool usual = options.second.empty();
    if (options.second == "none" || (usual && options.flip))
        return choice;
    if (options.flip)
        throw Error("A second look reads the embedding of a picture, not the sum of two.");
    choice.file = usual || options.second == "auto" ? secondLookFile(base, store) : std::filesystem::path(options.second);
    if (choice.file.empty()) {
        if (usual)
            return choice;
        throw Error("There is no second look for the base network " + shownName(base.name) + ". Make one with: dscope train second; or name it with --second");
    }
    try {
        choice.look = loadSecondLook(choice.file, base.name, hash, 0); // the embeddings' length is seen when they are there
        choice.hash = sha256File(choice.file);
    } catch (const FileError &error) {
        if (!usual)
            throw;
        choice.look = nullptr;
        choice.notice = std::string(error.what()) + " It is not used.";
    }
    return choice;
}

void applySecondLook(Analysis &analysis, const SecondLook &look, const std::filesystem::path &file, const std::string &hash)
{
    const bool embedded = analysis.dim > 0;
    if (embedded && (look.dim() != analysis.dim || look.origin().baseHash != analysis.base.hash))
        throw Error("This second look reads embeddings of " + shownName(look.origin().base) + " (SHA-256 " + shownName(look.origin().baseHash.substr(0, 12))
                    + "); the faces were embedded by " + shownName(analysis.base.name) + " (" + analysis.base.hash.substr(0, 12) + ").");
    analysis.second = {file, hash, look.origin(), look.cost()};
    for (Source &source : analysis.sources)
        for (Group &group : source.groups) {
            const bool complete = group.embeddings.size() == group.elements.size() * static_cast<std::size_t>(look.dim());
            const std::vector<float> scores = complete ? look.scores(group.embeddings) : std::vector<float>();
            for (std::size_t i = 0; i < group.elements.size(); ++i)
                group.elements[i].second = complete ? scores[i] : std::numeric_limits<float>::quiet_NaN();
        }
}

} // namespace dscope
