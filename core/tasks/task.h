// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace dscope {

/// The size of an element as a network takes it; a still has one frame.
struct ElementShape {
    int frames = 1;
    int height = 0;
    int width = 0;

    bool operator==(const ElementShape &) const = default;
};

/// How groups are compared, and so which figures there are.
enum class Protocol {
    Verification,  ///< pairs by cosine: TAR at FAR, EER, 1:N
    Retrieval,     ///< queries against a gallery by distance: mAP, CMC
    Classification ///< not at all: a group's fused class scores are the answer: top-1, top-5
};

/// What the program recognises by groups of pictures. Everything that depends on the task and is no more than a word, a number or a choice stands here, so that
/// nothing else asks which task it is.
struct Task {
    std::string_view name;     ///< of `--task`, projects and models' descriptions
    std::string_view title;    ///< for people
    std::string_view shows;    ///< what its pictures show, where a task is chosen by that
    std::string_view element;  ///< one picture of a group
    std::string_view elements; ///< several
    std::string_view group;    ///< what is recognised as one
    std::string_view example;  ///< the video to try it on, which the set-up obtains
    ElementShape shape;        ///< of an element where no network says otherwise
    /// An element fills a network's input, whatever its own proportions; else it is cropped in its middle, as aligned faces are.
    bool stretched = false;
    Protocol protocol = Protocol::Verification;
    /// How networks on such elements usually take their pixels (0 to 255, RGB), where nothing else says so: (pixel - mean) x scale.
    std::array<float, 3> mean{127.5F, 127.5F, 127.5F};
    std::array<float, 3> scale{1 / 128.F, 1 / 128.F, 1 / 128.F};
    /// Whether a picture of this size most likely is an element as it is; null: sizes say nothing.
    bool (*likely)(int width, int height) = nullptr;
};

/// All of them, the usual one first: what is read or written without a word about its task is of that one.
const std::vector<Task> &tasks();
/// @param name empty: the first @throws UsageError that lists the known ones
const Task &taskNamed(std::string_view name);
/// The first whose groups are compared so.
const Task &taskOf(Protocol protocol);
/// What pictures of this size most likely show: crops of people are upright and small, aligned faces square, and everything larger is a photograph with faces
/// in it.
const Task &likelyTask(int width, int height);

} // namespace dscope
