// SPDX-License-Identifier: BSD-3-Clause
#include "storage/quarantine.h"

#include <SQLiteCpp/SQLiteCpp.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <ctime>
#include <filesystem>
#include <system_error>
#include <vector>

namespace misp_zeek::storage {
namespace {

namespace fs = std::filesystem;

/// To the microsecond, so that names sort by time even when many are made in one second.
std::string time_stamp() {
  const auto now = std::chrono::system_clock::now();
  const auto second = std::chrono::floor<std::chrono::seconds>(now);
  const auto micros = std::chrono::floor<std::chrono::microseconds>(now - second).count();
  const std::time_t time = std::chrono::system_clock::to_time_t(second);
  std::tm parts{};
  gmtime_r(&time, &parts);
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%Y%m%dT%H%M%S", &parts);
  const std::string fraction = std::to_string(1'000'000 + micros).substr(1);
  return text.data() + ("." + fraction) + "Z";
}

/// Of the quarantined files, only the newest stay.
void prune_quarantined(const std::string& file) {
  std::vector<fs::path> files;
  std::error_code ignored;
  const fs::path path(file);
  for (const auto& entry : fs::directory_iterator(path.parent_path(), ignored)) {
    const std::string name = entry.path().filename().string();
    for (const auto* reason : {".damaged-", ".newer-", ".other-"}) {
      if (name.starts_with(path.filename().string() + reason)) {
        files.push_back(entry.path());
      }
    }
  }
  std::sort(files.begin(), files.end(), [](const fs::path& a, const fs::path& b) {
    const auto stamp = [](const fs::path& name) {
      const std::string text = name.string();
      return text.substr(text.rfind('-'));
    };
    return stamp(a) > stamp(b);
  });
  for (std::size_t i = kKeptFiles; i < files.size(); ++i) {
    fs::remove(files[i], ignored);
  }
}

}  // namespace

std::string quarantine(const std::string& file, const std::string& reason) {
  std::string name;
  do {
    name = file + "." + reason + "-" + time_stamp();
  } while (fs::exists(name));
  std::error_code ignored;
  fs::rename(file, name, ignored);
  for (const auto* companion : {"-wal", "-shm"}) {
    fs::remove(file + companion, ignored);
  }
  prune_quarantined(file);
  return name;
}

bool is_damage(const SQLite::Exception& error) {
  constexpr int kCorrupt = 11;
  constexpr int kNotADatabase = 26;
  return error.getErrorCode() == kCorrupt || error.getErrorCode() == kNotADatabase;
}

}  // namespace misp_zeek::storage
