// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace dscope {

/// What was loaded once and is still held by somebody is not loaded again: for networks, of which every worker wants its own. What is loaded must not
/// be changed by those who share it. Two threads that ask for the same at once load it once; others do not wait for them.
template<typename T>
class SharedLoads {
public:
    /// @param key names the content, not only the place: with the hash of the bytes
    std::shared_ptr<T> get(const std::string &key, const std::function<std::shared_ptr<T>()> &load)
    {
        std::shared_ptr<Slot> slot;
        {
            const std::lock_guard lock(m_mutex);
            std::erase_if(m_slots, [](const auto &entry) { return entry.second.use_count() == 1 && entry.second->value.expired(); });
            std::shared_ptr<Slot> &found = m_slots[key];
            if (!found)
                found = std::make_shared<Slot>();
            slot = found;
        }
        const std::lock_guard lock(slot->mutex);
        std::shared_ptr<T> value = slot->value.lock();
        if (!value) {
            value = load();
            slot->value = value;
        }
        return value;
    }

private:
    struct Slot {
        std::mutex mutex;
        std::weak_ptr<T> value;
    };
    std::mutex m_mutex;
    std::map<std::string, std::shared_ptr<Slot>> m_slots;
};

} // namespace dscope
