// SPDX-License-Identifier: BSD-3-Clause
// A disk of `[state] path` that takes nothing any more: the service runs, says so, and sightings
// reach MISP. The disk is a small tmpfs, for which the test needs root.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <utility>

#include "process/process.h"
#include "process/waiting.h"
#include "stack/stack.h"
#include "web/client.h"
#include "zeek_sim/zeek_sim.h"

namespace misp_zeek {
namespace {

using nlohmann::json;
using process::content_of;
using process::eventually;
using std::chrono::seconds;

class FullDisk : public testing::Test {
 protected:
  FullDisk()
      : stack_({.zeek = "",
                .misp_arguments = {"--empty"},
                .settings = "[sightings]\naggregate = \"1s\"\nmax_per_second = 1000\n",
                .state = true}) {}

  void SetUp() override {
    std::filesystem::create_directory(stack_.state_path());
    mounted_ = mount("tmpfs", stack_.state_path().c_str(), "tmpfs", 0, "size=4m,mode=0700") == 0;
    if (!mounted_) {
      GTEST_SKIP() << "cannot mount a small disk: " << std::strerror(errno);
    }
    stack_.start_misp();
    const json event = stack_.post("/events/add", {{"info", "disk"}, {"distribution", "3"}});
    event_ = event.at("Event").at("id").get<std::string>();
    stack_.post("/attributes/add/" + event_,
                {{"type", "domain"}, {"value", "c2.example"}, {"to_ids", true}});
    auto zeek = sim::ZeekSim::start(
        {.address = "127.0.0.1", .port = 0, .tls = {}, .disable_tls = true, .package = {}});
    ASSERT_TRUE(zeek) << zeek.error().message;
    zeek_ = std::move(*zeek);
    stack_.route({0, 0, zeek_->port()});
  }
  void TearDown() override {
    if (mounted_) {
      umount2(stack_.state_path().c_str(), MNT_DETACH);
    }
    stack_.keep_files(HasFailure());
  }

  void fill() {
    const int filler = ::open((stack_.state_path() + "/filler").c_str(), O_WRONLY | O_CREAT, 0600);
    const std::string block(4'096, 'x');
    while (::write(filler, block.data(), block.size()) > 0) {
    }
    ::close(filler);
  }
  void free_disk() { std::filesystem::remove(stack_.state_path() + "/filler"); }
  void start() {
    stack_.start_service();
    stack_.wait_until_ready(seconds(60));
  }
  /// Matches, each in a second of its own.
  void see(int count) {
    for (int i = 0; i < count; ++i) {
      contract::Sighting sighting;
      sighting.attribute_uuids = zeek_->items().front().attribute_uuids;
      sighting.seen_at = static_cast<std::uint64_t>(std::time(nullptr) - 7'200 + ++seen_);
      zeek_->see(std::move(sighting));
    }
  }
  std::size_t in_misp() const { return stack_.get("/sightings/index/" + event_).size(); }
  json check() const {
    for (const json& one : stack_.ready().value("checks", json::array())) {
      if (one.at("name") == "storage") {
        return one;
      }
    }
    return json::object();
  }
  bool has_metric(const std::string& line) const {
    const auto answer = web::Client(stack_.health_port()).get("/metrics");
    return answer && answer->body.find("\n" + line + "\n") != std::string::npos;
  }
  std::string log() const { return content_of(stack_.file("misp-zeek.log")); }

  /// The service without a token or a socket in its configuration; the socket's spare place is in
  /// the folder "run".
  std::unique_ptr<process::Process> start_plain() {
    stack_.start_service();  // writes the configuration
    stack_.stop_service();
    std::string text = content_of(stack_.file("misp-zeek.toml"));
    const auto at = text.find("[control]");
    text.erase(at, text.find("[state]") - at);
    std::ofstream(stack_.file("plain.toml")) << text;
    std::filesystem::create_directory(stack_.file("run"));
    return std::make_unique<process::Process>(
        process::Process::Options{{MISP_ZEEK_PROGRAM, "run", "-c", stack_.file("plain.toml")},
                                  plain_,
                                  "",
                                  stack_.file("plain.log")});
  }
  int plain_command(const std::string& verb) {
    process::Process program({{MISP_ZEEK_PROGRAM, verb, "-c", stack_.file("plain.toml")},
                              plain_,
                              "",
                              stack_.file("command.log")});
    return program.wait(seconds(30));
  }
  int status_of(const std::string& path, const std::string& token = "") const {
    web::Client client(stack_.health_port());
    const auto answer = token.empty() ? client.get(path)
                                      : client.get(path, {{"Authorization", web::bearer(token)}});
    return answer ? answer->status : 0;
  }

  stack::Stack stack_;
  const std::map<std::string, std::string> plain_ = {
      {"MISP_ZEEK_MISP_API_KEY", stack::Stack::api_key()}, {"XDG_RUNTIME_DIR", stack_.file("run")}};
  std::unique_ptr<sim::ZeekSim> zeek_;
  bool mounted_ = false;
  std::string event_;
  int seen_ = 0;
};

TEST_F(FullDisk, ThatFillsWhileTheServiceRunsStopsNoSighting) {
  start();
  see(1);
  EXPECT_TRUE(eventually([&] { return in_misp() == 1; }));
  EXPECT_TRUE(check().value("ok", false)) << stack_.ready();
  fill();
  see(300);
  EXPECT_TRUE(eventually([&] { return in_misp() == 301; })) << in_misp();
  EXPECT_TRUE(eventually([&] { return !check().value("ok", true); }));
  EXPECT_TRUE(check().value("warning", false));
  EXPECT_TRUE(stack_.ready().at("ready").get<bool>());
  EXPECT_TRUE(eventually([&] { return has_metric("misp_zeek_storage_up 0"); }));
  EXPECT_NE(log().find("sightings are kept in memory alone"), std::string::npos);
  // Indicators go on, too.
  stack_.post("/attributes/add/" + event_,
              {{"type", "domain"}, {"value", "later.example"}, {"to_ids", true}});
  EXPECT_TRUE(eventually([&] { return zeek_->items().size() == 2; }));

  free_disk();
  EXPECT_TRUE(eventually([&] { return check().value("ok", false); }, seconds(90)))
      << stack_.ready();
  EXPECT_NE(log().find("sightings are stored again"), std::string::npos);
  see(5);
  EXPECT_TRUE(eventually([&] { return in_misp() == 306; }));
  EXPECT_TRUE(eventually([&] { return has_metric("misp_zeek_sighting_waiting_matches 0"); }));
  stack_.kill_service();
  start();
  EXPECT_TRUE(eventually([&] { return has_metric("misp_zeek_sighting_matches_total 306"); }));
  EXPECT_EQ(in_misp(), 306U) << "none twice";
  stack_.stop_service();
}

TEST_F(FullDisk, DoesNotPreventTheFirstStart) {
  fill();
  start();
  EXPECT_FALSE(check().value("ok", true)) << stack_.ready();
  EXPECT_TRUE(check().value("warning", false));
  see(20);
  EXPECT_TRUE(eventually([&] { return in_misp() == 20; }));
  EXPECT_NE(log().find("running without storing"), std::string::npos) << log();
  EXPECT_EQ(stack_.command({"status"}), 0);
  stack_.stop_service();
}

TEST_F(FullDisk, DoesNotPreventALaterStart) {
  start();
  see(3);
  EXPECT_TRUE(eventually([&] { return in_misp() == 3; }));
  stack_.kill_service();
  fill();
  start();
  see(20);
  EXPECT_TRUE(eventually([&] { return in_misp() == 23; })) << in_misp();
  EXPECT_TRUE(eventually([&] { return !check().value("ok", true); })) << stack_.ready();
  stack_.stop_service();
  free_disk();
  start();
  EXPECT_TRUE(check().value("ok", false)) << stack_.ready();
  stack_.stop_service();
}

TEST_F(FullDisk, ThatIsReadOnlyDoesNotPreventAStartEither) {
  start();
  stack_.stop_service();
  ASSERT_EQ(mount("", stack_.state_path().c_str(), "", MS_REMOUNT | MS_RDONLY, ""), 0);
  start();
  EXPECT_FALSE(check().value("ok", true)) << stack_.ready();
  see(20);
  EXPECT_TRUE(eventually([&] { return in_misp() == 20; }));
  stack_.stop_service();
}

TEST_F(FullDisk, LeavesThePagesWithoutATokenAndTheCommandsWithASocket) {
  const auto service = [&] {
    auto started = start_plain();
    EXPECT_TRUE(eventually([&] { return stack_.ready().at("ready").get<bool>(); }));
    return started;
  };
  std::string token;
  {
    const auto first = service();
    token = content_of(stack_.state_path() + "/http.token");
    token.pop_back();
    EXPECT_EQ(status_of("/status", token), 200);
  }
  fill();
  {
    const auto with_old_token = service();
    EXPECT_EQ(status_of("/status", token), 200);
    EXPECT_EQ(plain_command("status"), 0) << content_of(stack_.file("command.log"));
  }
  std::filesystem::remove(stack_.state_path() + "/http.token");
  fill();
  {
    const auto without = service();
    EXPECT_EQ(status_of("/status", token), 503);
    EXPECT_EQ(status_of("/metrics"), 200);
    EXPECT_EQ(plain_command("status"), 0) << content_of(stack_.file("command.log"));
  }
  std::filesystem::remove(stack_.state_path() + "/control.sock");
  ASSERT_EQ(mount("", stack_.state_path().c_str(), "", MS_REMOUNT | MS_RDONLY, ""), 0);
  {
    const auto elsewhere = service();
    EXPECT_TRUE(std::filesystem::exists(stack_.file("run/misp-zeek/control.sock")));
    EXPECT_EQ(plain_command("status"), 0) << content_of(stack_.file("command.log"));
  }
}

}  // namespace
}  // namespace misp_zeek
