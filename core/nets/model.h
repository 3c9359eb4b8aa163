// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/json.h"
#include "core/tasks/task.h"

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace dscope {

/// What a network is for.
enum class Role { Base, DdNet, Detector };

/// Who says how a network's input is prepared.
enum class InputSource {
    Default,  ///< nobody: what is usual for networks of its task, or for the architecture
    Manifest, ///< its entry in a manifest
    Sidecar,  ///< the description beside the file
    File,     ///< a description inside the file, as Dscope writes it
    Network   ///< its first layers, which normalise by themselves
};

/// Everything needed to use a weights file: one entry of a models/manifest.json.
struct ModelSpec {
    std::string name; ///< how the user calls it, e.g. "mobilefacenet-casia"
    Role role = Role::Base;
    std::string architecture; ///< "mobilefacenet-prelu", "mobilefacenet-relu6", "compact", "ddnet", "retinaface", "centerface-onnx"
    std::string file;         ///< file name, looked up in the search path
    std::string sha256;       ///< of the file; checked at loading when not empty
    int inputWidth = tasks().front().shape.width;
    int inputHeight = tasks().front().shape.height;
    int inputFrames = 1;                    ///< of a clip; 1: it takes pictures
    double inputRate = 0;                   ///< frames per second to which a video is brought for it; 0: what is usual (usualSampling())
    int inputStride = 0;                    ///< frames at that rate from one of a clip to the next; 0: what is usual
    std::string task{tasks().front().name}; ///< what its pictures show, as taskNamed() reads it; decides how a picture is brought to the input's size
    bool rgb = true;                        ///< colour order of the input
    std::array<float, 3> mean{127.5F, 127.5F, 127.5F};           ///< subtracted, in 0..255 units, in the input's colour order
    std::array<float, 3> scale{1 / 128.F, 1 / 128.F, 1 / 128.F}; ///< multiplied afterwards
    std::int64_t outputSize = 0;                                 ///< embedding length; 1 for a DDNet
    std::vector<std::string> classes; ///< base that tells classes apart only: their names, by the place of their score; empty: not known
    std::string base;                 ///< DDNet only: the base network whose D-score it predicts
    double mu = 0;                    ///< DDNet only: mean of the raw D-score over its training set (Eq. 4)
    double sigma = 1;                 ///< DDNet only: population deviation of the same
    /// base only: the mean cosine of two people's embeddings. 0 for networks that were trained by angles; near 1 where all embeddings have a large mean in
    /// common. A likeness of two faces is counted from there.
    double impostorCosine = 0;
    std::string second;  ///< base only: the file of its second look, beside the weights unless a folder is named; empty: there is none
    std::string rule;    ///< DDNet only: how its D-scores are best made weights of, as methodNamed() reads it; empty: "ddl", the paper's
    std::string output;  ///< the output of an ONNX network, or the layer behind a known network's embedding, that is taken; empty: the one that fits the use
    std::string weights; ///< of a file with several sets of weights ("model", "ema") the one that is taken; empty: see readCheckpoint()
    std::string licence;
    std::string origin;

    InputSource inputSource = InputSource::Default; ///< who says how the input is prepared
    std::string inputReason;                        ///< the same as a clause: "the network begins with Sub 127.5: it takes pixels of 0 to 255"

    std::filesystem::path path; ///< where the file was found; empty if it was not
    bool available() const { return !path.empty(); }
};

/// All models known: the manifests in the search path, in order; a later entry of the same name is ignored.
/// After them come the files that the user has added, see addModel(). A FILE.json beside weights overrules how their input is prepared.
/// Search path: folders given, then $DSCOPE_MODELS (colon-separated), the program's own models/ (installed or in the source tree),
/// the user's data folder/models, and the cache's models/.
class ModelStore {
public:
    explicit ModelStore(const std::vector<std::filesystem::path> &extra = {});

    const std::vector<ModelSpec> &models() const { return m_models; }
    const std::vector<std::filesystem::path> &searched() const { return m_folders; }
    /// Manifests that could not be read, one sentence each.
    const std::vector<std::string> &problems() const { return m_problems; }

    /// The model of that name and role, or a weights file given by path: by its own description, its name in a manifest, or describeFile().
    /// @throws Error that names the places searched when the model or its file is missing.
    ModelSpec find(const std::string &nameOrPath, Role role) const;
    /// The best one of a task that is there: detectors RetinaFace then CenterFace; bases CASIA MobileFaceNet, then the compact embedding;
    /// DDNets the one trained for `base`. @throws Error as find does.
    ModelSpec best(Role role, const std::string &base = {}, std::string_view task = tasks().front().name) const;

private:
    void takeSidecars();
    void takeAdded();

    std::vector<std::filesystem::path> m_folders;
    std::vector<ModelSpec> m_models;
    std::vector<std::string> m_problems;
};

std::string roleName(Role role);
/// "default", "manifest", "sidecar", "file" or "network".
std::string inputSourceName(InputSource source);
/// How the input is prepared, and who says so: "(pixel - 127.5) x 0.0078125, RGB; nothing says how: the usual for networks on faces".
std::string inputText(const ModelSpec &spec);
Json toJson(const ModelSpec &spec);
/// @throws Error naming the entry and the field that is missing or of the wrong type.
ModelSpec modelFromJson(const Json &entry);

} // namespace dscope
