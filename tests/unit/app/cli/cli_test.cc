// SPDX-License-Identifier: BSD-3-Clause
#include "app/cli/cli.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "config/config_support.h"

namespace misp_zeek::app {
namespace {

struct Outcome {
  int status = -1;
  std::string out;
  std::string err;
  std::optional<Config> started;
  std::optional<Command> sent;
  std::optional<Question> asked;
  std::optional<ConnectCheck> connected;
};

Outcome call(std::vector<const char*> arguments, int run_status = 0) {
  arguments.insert(arguments.begin(), "misp-zeek");
  Outcome outcome;
  std::ostringstream out;
  std::ostringstream err;
  const Actions actions = {
      [&](const Config& config, const ReloadConfig&) {
        outcome.started = config;
        return run_status;
      },
      [] { return std::string("misp-zeek 1.2.3\n"); },
      [&](const Config&, const Command& command, std::ostream&, std::ostream&) {
        outcome.sent = command;
        return run_status;
      },
      [&](const Config&, const Question& question, std::ostream&, std::ostream&) {
        outcome.asked = question;
        return run_status;
      },
      [&](const Config&, const ConnectCheck& check, std::ostream&) {
        outcome.connected = check;
        return run_status;
      }};
  outcome.status = run_cli(static_cast<int>(arguments.size()), arguments.data(),
                           sources_with_key().environment, actions, out, err);
  outcome.out = out.str();
  outcome.err = err.str();
  return outcome;
}

const std::vector<const char*> kFlags = {
    "--misp-url", "https://misp.example.org", "--feed", "tcp://m:50000", "--zeek", "127.0.0.1"};

std::vector<const char*> with_flags(const char* verb, std::vector<const char*> more = {}) {
  std::vector<const char*> all = {verb};
  all.insert(all.end(), kFlags.begin(), kFlags.end());
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

TEST(CommandLine, ShowsVersions) {
  const Outcome outcome = call({"version"});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.out, "misp-zeek 1.2.3\n");
  EXPECT_EQ(call({"--version"}).out, "misp-zeek 1.2.3\n");
}

TEST(CommandLine, ExplainsItself) {
  const Outcome outcome = call({"--help"});
  EXPECT_EQ(outcome.status, 0);
  for (const auto* word : {"run", "check", "status", "explain", "export", "reconcile", "pause",
                           "resume", "version", "MISP_ZEEK_MISP_API_KEY", "Exit status"}) {
    EXPECT_NE(outcome.out.find(word), std::string::npos) << word;
  }
  const Outcome check = call({"check", "--help"});
  for (const auto* word :
       {"--config", "--misp-url", "--feed", "--zeek", "--http", "--log-level", "--set"}) {
    EXPECT_NE(check.out.find(word), std::string::npos) << word;
  }
}

TEST(CommandLine, RefusesWrongUsageWithStatus2) {
  for (const auto& arguments : std::vector<std::vector<const char*>>{{},
                                                                     {"walk"},
                                                                     {"run", "--colour"},
                                                                     {"run", "-c"},
                                                                     {"check", "--set", "novalue"},
                                                                     {"check", "--set", "=x"},
                                                                     {"explain"},
                                                                     {"export", "--format", "xml"},
                                                                     {"check", "--json"},
                                                                     {"version", "more"}}) {
    const Outcome outcome = call(arguments);
    EXPECT_EQ(outcome.status, 2) << (arguments.empty() ? "" : arguments.back());
    EXPECT_FALSE(outcome.err.empty());
    EXPECT_FALSE(outcome.started);
  }
}

/// A wrong command line, and what must be said of it.
struct WrongUsage {
  std::vector<const char*> arguments;
  const char* says;
};

TEST(CommandLine, SaysWhatWasProbablyMeant) {
  static const std::string kTooLong(2'049, 'a');
  const std::vector<WrongUsage> all = {
      {{}, "misp-zeek: a command is missing; commands: run, check, "},
      {{"chek"}, "misp-zeek: \"chek\" is no command (did you mean \"check\"?); commands: run, "},
      {{"explain", ""}, "WHAT: it is empty: name a value"},
      {{"explain", "  "}, "WHAT: it is empty: name a value"},
      {{"explain", kTooLong.c_str()}, "WHAT: it is longer than 2048 bytes"},
      {{"Status"}, "\"Status\" is no command (did you mean \"status\"?)"},
      {{"-c", "a.toml", "check"},
       "misp-zeek: \"-c\" stands before the command: options follow it, as in misp-zeek check -c"},
      {{"--hepl"}, "\"--hepl\" is unknown (did you mean \"--help\"?)"},
      {{"check", "base.toml"},
       "misp-zeek check: \"base.toml\" has no option before it: a configuration is given by -c "
       "base.toml\n"},
      {{"run", "/etc/misp"}, "a configuration is given by -c /etc/misp\n"},
      {{"check", "--conect"},
       "misp-zeek check: \"--conect\" is no option of it (did you mean \"--connect\"?); options: "},
      {{"check", "--confg", "x"}, "\"--confg\" is no option of it (did you mean \"--config\"?)"},
      {{"status", "--jsno=1"}, "(did you mean \"--json\"?)"},
      {{"reconcile", "full"},
       "misp-zeek reconcile: \"full\" is one argument too many (did you mean \"--full\"?)"},
      {{"reconcile", "--accept-growth", "x"}, "--accept-growth: \"x\" is not an event id"},
      {{"reconcile", "--accept-growth", "-1"}, "--accept-growth: \"-1\" is not an event id"},
      {{"reconcile", "--accept-growth", "0"}, "--accept-growth: \"0\" is not an event id"},
      {{"export", "--format", "jsn"},
       "misp-zeek export: --format: \"jsn\" is unknown (did you mean \"json\"?); allowed: "
       "zeek-intel, json\n"},
      {{"certificates", "mak", "/tmp"},
       "\"mak\" is unknown (did you mean \"make\"?); allowed: make"},
      {{"run", "-c"}, "misp-zeek run: --config: 1 required FILE missing\n"},
      {{"explain"},
       "misp-zeek explain: WHAT is required\n'misp-zeek explain --help' explains all\n"}};
  for (const auto& [arguments, says] : all) {
    const Outcome outcome = call(arguments);
    EXPECT_EQ(outcome.status, 2) << says;
    EXPECT_NE(outcome.err.find(says), std::string::npos) << outcome.err << says;
    EXPECT_FALSE(outcome.sent);
  }
}

TEST(CommandLine, ChecksAFileAndShowsWhatIsInEffectWithoutSecrets) {
  const TemporaryFolder folder;
  const std::string file =
      folder.write("misp-zeek.toml", kMinimal + "port = 4711\ntransport = \"broker\"\n");
  const Outcome outcome = call({"check", "-c", file.c_str()});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(outcome.out.rfind("configuration is valid\n", 0), 0U);
  EXPECT_NE(outcome.out.find("\nport = 4711\n"), std::string::npos);
  EXPECT_EQ((outcome.out + outcome.err).find(kApiKey), std::string::npos);
  EXPECT_FALSE(outcome.started);
}

TEST(CommandLine, PrintsAllErrorsAndStatus2) {
  const TemporaryFolder folder;
  const std::string file = folder.write("misp-zeek.toml", kMinimal + "port = -1\nprot = 1\n");
  for (const char* verb : {"check", "run"}) {
    const Outcome outcome = call({verb, "-c", file.c_str()});
    EXPECT_EQ(outcome.status, 2);
    EXPECT_EQ(outcome.out, "");
    EXPECT_NE(outcome.err.find(file + ":6: key \"zeek.port\": "), std::string::npos);
    EXPECT_NE(outcome.err.find(file + ":7: key \"zeek.prot\": "), std::string::npos);
    EXPECT_FALSE(outcome.started);
  }
}

TEST(CommandLine, WarnsOnStandardErrorWhenChecking) {
  const Outcome outcome = call(with_flags("check", {"--set", "misp.verify_tls=false"}));
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(outcome.err.rfind("warning: --set misp.verify_tls: key \"misp.verify_tls\": ", 0), 0U)
      << outcome.err;
}

TEST(CommandLine, RunsByFlagsAloneAndGivesItsStatus) {
  const Outcome outcome =
      call(with_flags("run", {"--zeek", "::1", "--http", "", "--log-level", "error", "--set",
                              "zeek.tls=false", "--set", "filter.tags=a=b,c"}),
           1);
  EXPECT_EQ(outcome.status, 1) << outcome.err;
  ASSERT_TRUE(outcome.started);
  const Config& config = *outcome.started;
  EXPECT_EQ(config.misp.url, "https://misp.example.org");
  EXPECT_EQ(config.misp.api_key.reveal(), kApiKey);
  ASSERT_EQ(config.zeek.size(), 2U);
  EXPECT_EQ(config.zeek[1].address, "::1");
  EXPECT_EQ(config.zeek[1].tls, false);
  EXPECT_EQ(config.http.listen, "");
  EXPECT_EQ(config.log.level, log::Level::kError);
  EXPECT_EQ(config.filter.tags, (std::vector<std::string>{"a=b", "c"}));
}

TEST(CommandLine, SendsAReconcileToTheRunningService) {
  const Outcome plain = call(with_flags("reconcile"));
  EXPECT_EQ(plain.status, 0) << plain.err;
  EXPECT_FALSE(plain.started);
  ASSERT_TRUE(plain.sent);
  EXPECT_FALSE(std::get<ReconcileCommand>(*plain.sent).full);
  EXPECT_FALSE(std::get<ReconcileCommand>(*plain.sent).accept_shrink);
  const Outcome full = call(with_flags("reconcile", {"--full", "--accept-shrink"}), 1);
  EXPECT_EQ(full.status, 1);
  ASSERT_TRUE(full.sent);
  EXPECT_TRUE(std::get<ReconcileCommand>(*full.sent).full);
  EXPECT_TRUE(std::get<ReconcileCommand>(*full.sent).accept_shrink);
  EXPECT_EQ(std::get<ReconcileCommand>(*full.sent).accept_growth, 0U);
  const Outcome growth = call(with_flags("reconcile", {"--accept-growth", "12"}));
  EXPECT_EQ(std::get<ReconcileCommand>(*growth.sent).accept_growth, 12U);
  EXPECT_EQ(call(with_flags("reconcile", {"--accept-growth", "many"})).status, 2);
}

TEST(CommandLine, PausesAndResumesTheRunningService) {
  for (const bool pause : {true, false}) {
    const Outcome outcome = call(with_flags(pause ? "pause" : "resume"), 1);
    EXPECT_EQ(outcome.status, 1);
    ASSERT_TRUE(outcome.sent && std::holds_alternative<PauseCommand>(*outcome.sent));
    EXPECT_EQ(std::get<PauseCommand>(*outcome.sent).paused, pause);
  }
}

TEST(CommandLine, AsksTheRunningServiceAndGivesItsAnswersStatus) {
  const Outcome status = call(with_flags("status", {"--json"}), 1);
  EXPECT_EQ(status.status, 1);
  ASSERT_TRUE(status.asked && std::holds_alternative<StatusQuestion>(*status.asked));
  EXPECT_TRUE(std::get<StatusQuestion>(*status.asked).json);

  const Outcome explain = call(with_flags("explain", {"evil.example"}));
  ASSERT_TRUE(explain.asked && std::holds_alternative<ExplainQuestion>(*explain.asked));
  EXPECT_EQ(std::get<ExplainQuestion>(*explain.asked).query, "evil.example");

  const Outcome exported = call(with_flags("export", {"--format", "json", "--from-misp"}));
  ASSERT_TRUE(exported.asked && std::holds_alternative<ExportQuestion>(*exported.asked));
  EXPECT_EQ(std::get<ExportQuestion>(*exported.asked).format, "json");
  EXPECT_TRUE(std::get<ExportQuestion>(*exported.asked).from_misp);
}

TEST(CommandLine, MakesCertificatesWithoutAConfiguration) {
  const TemporaryFolder folder;
  const std::string pki = folder.file("pki");
  const auto made = call({"certificates", "make", pki.c_str(), "--misp", "misp.example.org",
                          "--zeek", "a.example.org", "--zeek", "192.0.2.7"});
  EXPECT_EQ(made.status, 0) << made.err;
  EXPECT_NE(made.out.find("certificate = \"/etc/misp-zeek/misp-zeek.pem\"\n"), std::string::npos);
  EXPECT_TRUE(std::filesystem::exists(pki + "/192.0.2.7.key"));
  EXPECT_EQ(call({"certificates", "make", pki.c_str(), "--zeek", "a"}).status, 2);
  EXPECT_EQ(call({"certificates", "make", folder.file("b").c_str()}).status, 2);
  EXPECT_EQ(call({"certificates", "renew", pki.c_str()}).status, 0);
  EXPECT_EQ(call({"certificates", "renew", folder.file("c").c_str()}).status, 1);
  EXPECT_EQ(call({"certificates", "install", pki.c_str()}).status, 2);
  EXPECT_EQ(call({"certificates", "fly", pki.c_str()}).status, 2);
  const auto installed =
      call({"certificates", "install", pki.c_str(), "--to", folder.file("").c_str()});
  EXPECT_EQ(installed.status, 0) << installed.err;
  EXPECT_TRUE(std::filesystem::exists(folder.file("misp-zeek.key")));
}

TEST(CommandLine, TriesConnectionsOnlyWhenAsked) {
  EXPECT_FALSE(call(with_flags("check")).connected);
  const Outcome outcome = call(with_flags("check", {"--connect", "--json"}), 1);
  EXPECT_EQ(outcome.status, 1);
  ASSERT_TRUE(outcome.connected);
  EXPECT_TRUE(outcome.connected->json);
}

TEST(CommandLine, NamesTheFlagOfAWrongValue) {
  const Outcome outcome = call(with_flags("run", {"--http", "nowhere"}));
  EXPECT_EQ(outcome.status, 2);
  EXPECT_EQ(outcome.err.rfind("--http: key \"http.listen\": ", 0), 0U) << outcome.err;
}

}  // namespace
}  // namespace misp_zeek::app
