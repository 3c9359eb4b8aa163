// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace dscope {

/// What is wrong with taking these folders for people, as the end of a sentence: that they are the parts of a set, such as train and test, or those of
/// Market-1501, whose people are in its pictures' names. Empty where they may be people.
/// @param folders the names of the folders of a set
std::string partsNotPeople(const std::vector<std::string> &folders);

/// Whether a file is one of the pickles of pictures and labels in which insightface hands out LFW, CFP-FP and AgeDB-30 (lfw.bin).
bool isFaceBin(const std::filesystem::path &file);
/// What to say of one, as the end of a sentence.
extern const char *const aboutFaceBins;

} // namespace dscope
