// SPDX-License-Identifier: BSD-3-Clause
#include "certificates/certificate_folder.h"

#include <fcntl.h>
#include <grp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "certificates/authority.h"

namespace misp_zeek::certificates {
namespace {

namespace fs = std::filesystem;

constexpr mode_t kPrivate = 0600;
constexpr mode_t kGroupReads = 0640;
constexpr mode_t kPublic = 0644;
constexpr std::size_t kMaxFile = 64U << 10U;

tl::unexpected<Error> unusable(const std::string& path, const std::string& why) {
  return fail(ErrorCode::kUnavailable, "cannot use " + path + ": " + why);
}

Result<std::string> read(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    return unusable(path, std::strerror(errno));
  }
  std::string text(kMaxFile, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  return text;
}

/// The file appears with all its content, mode and group, or not at all.
Result<void> write(const std::string& path, const std::string& text, mode_t mode,
                   std::optional<gid_t> group = std::nullopt) {
  const std::string unfinished = path + ".new";
  unlink(unfinished.c_str());
  const int file = open(unfinished.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, kPrivate);
  if (file < 0) {
    return unusable(path, std::strerror(errno));
  }
  bool good = ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  good = good && (!group || fchown(file, static_cast<uid_t>(-1), *group) == 0);
  good = good && fchmod(file, mode) == 0 && fsync(file) == 0;
  good = close(file) == 0 && good;
  if (!good || rename(unfinished.c_str(), path.c_str()) != 0) {
    const std::string why = std::strerror(errno);
    unlink(unfinished.c_str());
    return unusable(path, why);
  }
  return {};
}

std::string file_of(const std::string& folder, const std::string& host, const char* kind) {
  return folder + "/" + host + kind;
}

/// A host becomes the name of a file.
bool is_host(const std::string& host) {
  constexpr std::size_t kMaxName = 64;  // of a common name
  return !host.empty() && host.size() <= kMaxName && host.front() != '.' && host != "ca" &&
         std::all_of(host.begin(), host.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '.' || c == '-' || c == '_' || c == ':';
         });
}

Result<void> write_pair(const std::string& folder, const std::string& host, const Pair& pair) {
  if (auto written = write(file_of(folder, host, ".key"), pair.key, kPrivate); !written) {
    return written;
  }
  return write(file_of(folder, host, ".pem"), pair.certificate, kPublic);
}

Result<Pair> read_authority(const std::string& folder) {
  auto certificate = read(folder + "/ca.pem");
  auto key = read(folder + "/ca.key");
  if (!certificate || !key) {
    return tl::unexpected<Error>(!certificate ? certificate.error() : key.error());
  }
  return Pair{std::move(*certificate), std::move(*key)};
}

bool is_this_machine(const std::string& host) {
  return host == "localhost" || host == "::1" || host.starts_with("127.");
}

std::string lines_for(const std::string& folder, const Hosts& hosts) {
  std::ostringstream text;
  for (const std::string& zeek : hosts.zeeks) {
    text << "# On " << zeek << ", after misp-zeek certificates install " << folder << " --host "
         << zeek << " --to /etc/zeek, in local.zeek:\n"
         << "redef Broker::ssl_cafile = \"/etc/zeek/ca.pem\";\n"
         << "redef Broker::ssl_certificate = \"/etc/zeek/" << zeek << ".pem\";\n"
         << "redef Broker::ssl_keyfile = \"/etc/zeek/" << zeek << ".key\";\n"
         << (is_this_machine(zeek) ? ""
                                   : "redef MISP::websocket_listen_address = \"0.0.0.0\";\n"
                                     "redef MISP::broker_listen_address = \"0.0.0.0\";\n")
         << "\n";
  }
  text << "# At the service, after misp-zeek certificates install " << folder
       << " --to /etc/misp-zeek --group misp-zeek, in misp-zeek.toml:\n";
  for (const std::string& zeek : hosts.zeeks) {
    text << "[[zeek]]\nname = \"" << zeek << "\"\naddress = \"" << zeek << "\"\n"
         << "ca_file = \"/etc/misp-zeek/ca.pem\"\n"
         << "certificate = \"/etc/misp-zeek/" << hosts.service << ".pem\"\n"
         << "key = \"/etc/misp-zeek/" << hosts.service << ".key\"\n";
  }
  return text.str();
}

}  // namespace

Result<std::string> make(const std::string& folder, const Hosts& hosts, UnixSeconds now) {
  std::map<std::string, Purpose> wanted;
  if (!hosts.misp.empty()) {
    wanted.emplace(hosts.misp, Purpose::kServer);
  }
  for (const std::string& zeek : hosts.zeeks) {
    wanted[zeek] = Purpose::kBoth;
  }
  wanted[hosts.service] = Purpose::kBoth;
  for (const auto& [host, purpose] : wanted) {
    if (!is_host(host)) {
      return fail(ErrorCode::kInvalidConfig, "\"" + host + "\" is no host name or address");
    }
  }
  std::error_code error;
  if (fs::exists(folder, error) && !fs::is_empty(folder, error)) {
    return fail(ErrorCode::kInvalidConfig,
                folder + " is not empty: nothing there is overwritten; see certificates renew");
  }
  const auto absolute = fs::absolute(folder).lexically_normal().string();
  if ((mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) || chmod(folder.c_str(), 0700) != 0) {
    return unusable(folder, std::strerror(errno));
  }
  const auto authority = make_authority(now);
  if (!authority) {
    return tl::unexpected<Error>(authority.error());
  }
  if (auto written = write_pair(folder, "ca", *authority); !written) {
    return tl::unexpected<Error>(written.error());
  }
  for (const auto& [host, purpose] : wanted) {
    const auto pair = make_certificate(*authority, host, purpose, now);
    auto written =
        pair ? write_pair(folder, host, *pair) : Result<void>(tl::unexpected<Error>(pair.error()));
    if (!written) {
      return tl::unexpected<Error>(written.error());
    }
  }
  return lines_for(absolute, hosts);
}

Result<std::string> renew(const std::string& folder, UnixSeconds now) {
  const auto authority = read_authority(folder);
  if (!authority) {
    return tl::unexpected<Error>(authority.error());
  }
  std::vector<std::string> files;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (entry.path().extension() == ".pem" && entry.path().filename() != "ca.pem") {
      files.push_back(entry.path().string());
    }
  }
  std::sort(files.begin(), files.end());
  std::string lines;
  for (const std::string& file : files) {
    const auto text = read(file);
    const auto known = text ? describe(*text) : tl::unexpected<Error>(text.error());
    const auto pair = known ? make_certificate(*authority, known->host, known->purpose, now)
                            : tl::unexpected<Error>(known.error());
    const std::string host = fs::path(file).stem().string();
    auto written =
        pair ? write_pair(folder, host, *pair) : Result<void>(tl::unexpected<Error>(pair.error()));
    if (!written) {
      return fail(written.error().code, file + ": " + written.error().message);
    }
    lines += host + ": renewed for " + std::to_string(kLeafDays) + " days\n";
  }
  return lines;
}

Result<std::string> install(const std::string& folder, const Installation& installation) {
  std::optional<gid_t> group;
  if (!installation.group.empty()) {
    const auto* found = getgrnam(installation.group.c_str());
    if (found == nullptr) {
      return fail(ErrorCode::kInvalidConfig, "there is no group " + installation.group);
    }
    group = found->gr_gid;
  }
  struct Copy {
    std::string name;
    mode_t mode;
  };
  const std::vector<Copy> copies = {{installation.host + ".key", group ? kGroupReads : kPrivate},
                                    {installation.host + ".pem", kPublic},
                                    {"ca.pem", kPublic}};
  std::vector<std::string> texts;
  for (const Copy& copy : copies) {
    auto text = read(folder + "/" + copy.name);
    if (!text) {
      return tl::unexpected<Error>(std::move(text.error()));
    }
    const std::string target = installation.to + "/" + copy.name;
    const auto there = read(target);
    if (there && *there != *text && !installation.replace) {
      return fail(ErrorCode::kInvalidConfig, target + " is there and differs; --replace it");
    }
    texts.push_back(std::move(*text));
  }
  if (mkdir(installation.to.c_str(), 0755) != 0 && errno != EEXIST) {
    return unusable(installation.to, std::strerror(errno));
  }
  std::string lines;
  for (std::size_t i = 0; i < copies.size(); ++i) {
    const std::string target = installation.to + "/" + copies[i].name;
    if (auto written = write(target, texts[i], copies[i].mode, group); !written) {
      return tl::unexpected<Error>(std::move(written.error()));
    }
    lines += target + "\n";
  }
  return lines;
}

std::optional<long> days_left(const std::string& file, UnixSeconds now) {
  const auto text = read(file);
  const auto known = text ? describe(*text) : tl::unexpected<Error>(text.error());
  if (!known) {
    return std::nullopt;
  }
  constexpr UnixSeconds kDay = 86'400;
  const UnixSeconds left = known->ends - now;
  return left >= 0 ? left / kDay : -((-left + kDay - 1) / kDay);
}

}  // namespace misp_zeek::certificates
