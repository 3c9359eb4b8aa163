// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/base/jsonfields.h"
#include "core/base/jsonlimits.h"
#include "core/base/text.h"
#include "core/nets/checkpoint.h"
#include "core/scores/secondlook.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <system_error>

namespace dscope {

namespace fs = std::filesystem;

namespace {

constexpr const char *s_description = "dscope.second";
constexpr const char *s_schema = "dscope.second/1";
constexpr const char *s_extension = ".second.safetensors";

at::Tensor tensorOf(std::span<const double> values)
{
    at::Tensor tensor = at::empty({static_cast<std::int64_t>(values.size())}, at::kDouble);
    std::copy(values.begin(), values.end(), tensor.mutable_data_ptr<double>());
    return tensor;
}

std::vector<double> valuesOf(const StateDict &tensors, const char *name, std::int64_t count, const fs::path &path)
{
    const auto found = tensors.find(name);
    if (found == tensors.end() || found->second.scalar_type() != at::kDouble || found->second.dim() != 1 || found->second.size(0) != count)
        throw FileError(path,
                        std::string("has no tensor '") + name + "' of " + std::to_string(count) + " values of float64: it is not a complete second look.");
    const at::Tensor plain = found->second.contiguous();
    const double *from = plain.const_data_ptr<double>();
    return {from, from + count};
}

/// JSON has no NaN.
Json numberOrNull(double value)
{
    return std::isfinite(value) ? Json(value) : Json(nullptr);
}

SecondLookOrigin originIn(const JsonFields &about, const fs::path &path)
{
    constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
    constexpr double none = std::numeric_limits<double>::quiet_NaN();
    if (about.text("schema") != s_schema)
        throw FileError(path, "has the unknown schema '" + shownName(about.text("schema")) + "'.");
    SecondLookOrigin origin;
    origin.base = about.text("base");
    if (origin.base.empty())
        throw FileError(path, "does not say which network's embeddings it reads.");
    origin.baseHash = about.text("base_sha256");
    origin.ridge = about.number("ridge", 0);
    about.at("target"); // has to be there
    origin.target = about.choice("target", secondTargetWords, SecondTarget::DScore);
    origin.without = about.text("without", "");
    origin.rule = about.text("rule", "");
    origin.set = about.text("set", "");
    origin.targetsHash = about.text("targets_sha256", "");
    origin.people = about.whole("people", 0, most, 0);
    origin.pictures = about.whole("pictures", 0, most, 0);
    origin.leftOut = about.whole("left_out", 0, most, 0);
    origin.folds = about.whole("folds", 0, most, 0);
    origin.seed = static_cast<std::uint64_t>(about.whole("seed", 0, most, 1));
    origin.inSample = about.number("spearman_in_sample", -1, 1, none);
    origin.heldOut = about.number("spearman_held_out", -1, 1, none);
    return origin;
}

std::shared_ptr<const SecondLook> lookOf(const Checkpoint &file, const fs::path &path)
{
    const auto described = file.metadata.find(s_description);
    if (described == file.metadata.end())
        throw FileError(path, "is no second look by `dscope train second`.");
    const Json description = parseJson(described->second, path);
    const JsonFields about(description, path);
    SecondLookOrigin origin = originIn(about, path);
    const std::int64_t dim = about.whole("dim", 1, SecondLook::longest);
    if (file.tensors.size() != 2)
        throw FileError(path, "has " + std::to_string(file.tensors.size()) + " tensors; a second look has weight and bias.");
    std::vector<double> weights = valuesOf(file.tensors, "weight", 2 * dim + 2, path);
    const double bias = valuesOf(file.tensors, "bias", 1, path).front();
    try {
        return std::make_shared<SecondLook>(std::move(weights), bias, std::move(origin));
    } catch (const Error &error) {
        throw FileError(path, std::string("cannot be used: ") + error.what());
    }
}

bool isFile(const fs::path &path)
{
    std::error_code problem;
    return fs::is_regular_file(path, problem);
}

} // namespace

void SecondLook::save(const fs::path &path) const
{
    Json about{{"schema", s_schema},
               {"base", m_origin.base},
               {"base_sha256", m_origin.baseHash},
               {"dim", m_dim},
               {"ridge", m_origin.ridge},
               {"target", secondTargetWords.wordOf(m_origin.target)},
               {"set", m_origin.set},
               {"targets_sha256", m_origin.targetsHash},
               {"people", m_origin.people},
               {"pictures", m_origin.pictures},
               {"left_out", m_origin.leftOut},
               {"folds", m_origin.folds},
               {"seed", m_origin.seed},
               {"spearman_in_sample", numberOrNull(m_origin.inSample)},
               {"spearman_held_out", numberOrNull(m_origin.heldOut)}};
    if (!m_origin.without.empty())
        about["without"] = m_origin.without;
    if (!m_origin.rule.empty())
        about["rule"] = m_origin.rule;
    writeSafetensors(path, {{"weight", tensorOf(m_weights)}, {"bias", tensorOf({&m_bias, 1})}},
                     {{s_description, about.dump(-1, ' ', false, Json::error_handler_t::replace)}});
}

std::shared_ptr<const SecondLook> SecondLook::load(const fs::path &path)
{
    return lookOf(readCheckpoint(path), path);
}

std::shared_ptr<const SecondLook> SecondLook::parse(std::span<const std::uint8_t> bytes, const fs::path &path)
{
    return lookOf(parseCheckpoint(bytes, path), path);
}

fs::path secondLookFile(const ModelSpec &base, const ModelStore &store)
{
    std::vector<fs::path> places;
    const auto inFolders = [&](const fs::path &file) {
        for (const fs::path &folder : store.searched())
            places.push_back(folder / file);
    };
    if (!base.second.empty()) {
        places.push_back(base.path.parent_path() / base.second); // a whole path stays what it is
        inFolders(base.second);
    }
    if (!base.path.empty())
        places.push_back(fs::path(base.path).replace_extension(s_extension));
    if (!base.name.empty() && base.name.find('/') == std::string::npos)
        inFolders(base.name + s_extension);
    const auto found = std::find_if(places.begin(), places.end(), isFile);
    return found == places.end() ? fs::path() : *found;
}

std::shared_ptr<const SecondLook> loadSecondLook(const fs::path &file, const std::string &base, const std::string &hash, std::int64_t dim)
{
    std::shared_ptr<const SecondLook> look = SecondLook::load(file);
    const SecondLookOrigin &origin = look->origin();
    if (!hash.empty() && origin.baseHash != hash)
        throw FileError(file,
                        "is the second look of " + shownName(origin.base) + " (SHA-256 " + shownName(origin.baseHash.substr(0, 12)) + "), not of "
                            + shownName(base) + " (" + hash.substr(0, 12)
                            + "): it reads the embeddings of that one file of weights alone. Make one with: "
                              "dscope train second");
    if (dim > 0 && look->dim() != dim)
        throw FileError(file,
                        "is the second look of " + shownName(origin.base) + ", whose embeddings have " + std::to_string(look->dim()) + " values; those of "
                            + shownName(base) + " have " + std::to_string(dim) + ".");
    return look;
}

} // namespace dscope
