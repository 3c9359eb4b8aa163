// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/words.h"

#include "core/base/error.h"
#include "core/base/nearest.h"
#include "core/base/text.h"

namespace dscope::detail {

void refuseWord(std::string_view word, const char *what, const std::vector<std::string> &words)
{
    const std::string near = nearest(std::string(word), words);
    throw UsageError("'" + shownName(word) + "' is " + what + "; use " + listed(words) + "." + (near.empty() ? "" : " Did you mean '" + near + "'?"));
}

} // namespace dscope::detail
