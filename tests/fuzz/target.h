// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// Registers a fuzz target: a function of a byte span that drives one parser. Write DSCOPE_FUZZ_TARGET(csv) { ... bytes ... }; it is `tests_fuzz csv` in the
/// ordinary build and `./fuzz.sh csv` under libFuzzer.
#define DSCOPE_FUZZ_TARGET(name)                                                                                                                               \
    static void fuzz_##name(::dscope::fuzz::Bytes bytes);                                                                                                      \
    static const bool s_registered_##name = ::dscope::fuzz::registerTarget(#name, fuzz_##name);                                                                \
    static void fuzz_##name(::dscope::fuzz::Bytes bytes)

namespace dscope::fuzz {

using Bytes = std::span<const std::uint8_t>;
using Target = void (*)(Bytes bytes);

bool registerTarget(const char *name, Target target);
const std::map<std::string, Target> &targets();
/// Runs a target on an input, which is known to requireOwnWords() meanwhile.
void run(Target target, Bytes bytes);
/// Before the first run: one thread for libtorch, folders of the user's out of the way. @throws std::exception
/// @param fuzzing under libFuzzer, which wants many short runs
void prepare(bool fuzzing);
bool fuzzing();

std::string_view textOf(Bytes bytes);
/// The pieces between the bytes 0x1e, ASCII's record separator, always `count` of them; for what comes as several files.
std::vector<std::string_view> sections(Bytes bytes, std::size_t count);

/// A folder of this process for parsers that read files, removed at the end of the process. The name below it may hold folders. @return the file's path
std::filesystem::path fileWith(const std::filesystem::path &name, std::string_view content);
/// That folder.
const std::filesystem::path &scratch();

/// Whether a refusal's sentence is one of ours: not empty, and no library's words for programmers but those of the input itself, which a message may repeat.
/// A sentence that is not ends the process.
void requireOwnWords(const std::string &message);

/// Runs a parser that may refuse its input. Only what core throws on purpose is a refusal: any other exception goes on and is a finding.
template<typename Parse>
void refusable(const Parse &parse)
{
    try {
        parse();
    } catch (const Error &error) {
        requireOwnWords(error.what());
    } catch (const Cancelled &) {
        // Targets that cancel.
    }
}

/// Ends the process when something that must hold does not.
void require(bool holds, const char *what);

} // namespace dscope::fuzz
