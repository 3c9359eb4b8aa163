// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace dscope {

/// How elements are looked for. The numbers are those for faces; a task that finds something else takes of them what it can use.
struct DetectorOptions {
    float minScore = 0.5F; ///< elements below are dropped
    float nms = 0.4F;      ///< overlap (intersection over union) above which the weaker of two boxes goes
    int maxSide = 0;       ///< the longer side at which a picture is looked at is at most this; 0: as minFace asks for, in a video's frames 1024
    int minFace = 20;      ///< faces with a shorter side, in pixels of the picture, are dropped

    /// How far the search for small elements in a large picture goes.
    enum class Search {
        All,  ///< to the end
        Main, ///< until one was found of which the network is sure
        Frame ///< 1024 pixels a side, unless maxSide says otherwise: the time of a video's frame
    };
    Search search = Search::All;
};

/// How elements of a video are joined into one group a person. The numbers are those for faces.
struct TrackerOptions {
    float minOverlap = 0.3F;     ///< intersection over union with the track's last box (moved on by its velocity) to continue it
    int maxGap = 8;              ///< frames without a face after which overlap alone no longer continues a track
    float minSimilarity = 0.5F;  ///< cosine between the mean embeddings of two tracks to mend them into one person
    float cutSimilarity = 0.15F; ///< a face whose embedding is less alike than this to the mean of a track of three or more does not
                                 ///< continue it (another person in the same place, as after a change of scene)
    float impostorCosine = 0;    ///< of the network, see ModelSpec::impostorCosine: a cosine c counts as (c - it) / (1 - it)
    int minLength = 3;           ///< persons with fewer faces after mending are dropped
    int sureLength = 10;         ///< persons with fewer faces than this are dropped too unless the detector is sure of one of them: a hand or
    float sureScore = 0.9F;      ///< the print on a shirt looks like a face for some frames, but never with such a score
};

} // namespace dscope
