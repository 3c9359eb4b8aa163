// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/options.h"

namespace dscope::cli {

Option seedOption(const std::string &of)
{
    constexpr double most = 4503599627370496; // 2^52: exact as a number of any reader
    return wholeOption("seed", "N", of, 0, most, 1);
}

std::uint64_t seedOf(const Arguments &arguments)
{
    return static_cast<std::uint64_t>(arguments.integer("seed", 1));
}

Option deviceOption()
{
    Option option{"device", "DEVICE", "auto, cpu, cuda or cuda:N"};
    option.usual = "auto";
    return option;
}

Option modelsOption()
{
    return repeated("models", "FOLDER", "a further folder with a manifest.json, or with weights that describe themselves");
}

Option splitOption()
{
    return {"split", "CSV", "columns identity and part: take only the people of --part"};
}

Option partOption(const std::string &part)
{
    return repeated("part", "NAME", "a part of --split, such as " + part);
}

Option resamplesOption(int usual, const std::string &of, int least)
{
    return wholeOption("resamples", "N", of + (least == 0 ? ", 0 for no intervals" : ""), least, 100'000, usual);
}

Option drawsOption(int usual)
{
    return wholeOption("draws", "N", "draws of templates", 1, 10'000, usual);
}

} // namespace dscope::cli
