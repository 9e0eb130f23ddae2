// SPDX-License-Identifier: BSD-3-Clause
// Man page and completion say what --help says.
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "app/cli/cli.h"
#include "app/config/keys.h"
#include "process/temporary_folder.h"

namespace misp_zeek::app {
namespace {

std::string output_of(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "misp-zeek");
  std::ostringstream out;
  std::ostringstream err;
  EXPECT_EQ(run_cli(static_cast<int>(arguments.size()), arguments.data(), {}, {}, out, err), 0)
      << err.str();
  return out.str();
}

std::set<std::string> all_matches(const std::string& text, const std::string& pattern) {
  const std::regex regex(pattern, std::regex::multiline);
  std::set<std::string> found;
  for (std::sregex_iterator it(text.begin(), text.end(), regex), end; it != end; ++it) {
    found.insert((*it)[1]);
  }
  return found;
}

/// The names at the beginnings of the lines of --help's list.
std::set<std::string> commands() {
  const std::string help = output_of({"--help"});
  return all_matches(help.substr(help.find("Subcommands:")), "^  ([a-z]+) ");
}

std::set<std::string> flags(const std::string& command) {
  const std::string help = output_of({command.c_str(), "--help"});
  auto found = all_matches(help, "^  (-[a-z])[, ]");
  found.merge(all_matches(help, "^  (?:-[a-z],)?(--[a-z-]+)"));
  return found;
}

std::string without_escapes(std::string text) {
  std::erase(text, '\\');
  return text;
}

/// What bash completes after these words, the last of which is begun.
std::set<std::string> completed(const std::vector<std::string>& words) {
  const process::TemporaryFolder folder;
  std::string call = "source '" +
                     folder.write("completion", output_of({"generate", "bash-completion"})) +
                     "'; compopt() { :; }; COMP_WORDS=(misp-zeek";
  for (const auto& word : words) {
    call += " '" + word + "'";
  }
  call += "); COMP_CWORD=" + std::to_string(words.size()) +
          "; _misp_zeek; printf '%s\\n' \"${COMPREPLY[@]}\"";
  const std::string script = folder.write("script", call);
  FILE* pipe = popen(("bash '" + script + "' 2>&1").c_str(), "r");
  std::string output;
  std::array<char, 4096> buffer{};
  while (const std::size_t size = fread(buffer.data(), 1, buffer.size(), pipe)) {
    output.append(buffer.data(), size);
  }
  EXPECT_EQ(pclose(pipe), 0) << output;
  return all_matches(output, "^(.+)$");
}

TEST(CommandLineDocuments, TheManPageHasEveryCommandAndFlagOfHelp) {
  const std::string page = without_escapes(output_of({"generate", "man-page"}));
  ASSERT_GE(commands().size(), 4U);
  EXPECT_EQ(all_matches(page, "^\\.SS fB([a-z]+)fR"), commands());
  for (const auto& command : commands()) {
    const auto begin = page.find(".SS fB" + command + "fR");
    const auto section = page.substr(begin, page.find("\n.S", begin) - begin);
    auto documented = all_matches(section, "^fB(-[a-z])[,f]");
    documented.merge(all_matches(section, "^fB(?:-[a-z], )?(--[a-z-]+)fR"));
    EXPECT_EQ(documented, flags(command)) << command;
  }
}

TEST(CommandLineDocuments, TheManPageHasTheExitStatusesOfHelp) {
  const std::string page = without_escapes(output_of({"generate", "man-page"}));
  const std::string help = output_of({"--help"});
  const std::string statuses = help.substr(help.find("Exit status:"));
  ASSERT_FALSE(kExitStatuses.empty());
  for (const auto& [status, meaning] : kExitStatuses) {
    EXPECT_NE(page.find(".TP\n" + std::to_string(status) + "\n" + meaning + "\n"),
              std::string::npos);
    EXPECT_NE(statuses.find(std::to_string(status) + " " + meaning), std::string::npos) << statuses;
  }
}

TEST(CommandLineDocuments, CompletionKnowsEveryCommandAndFlagOfHelp) {
  auto all = commands();
  all.insert({"-h", "--help", "--version"});
  EXPECT_EQ(completed({""}), all);
  for (const auto& command : commands()) {
    EXPECT_EQ(completed({command, "-"}), flags(command)) << command;
  }
}

TEST(CommandLineDocuments, CompletionGoesByWhatIsBegun) {
  EXPECT_EQ(completed({"rec"}), (std::set<std::string>{"reconcile"}));
  EXPECT_EQ(completed({"reconcile", "--f"}), (std::set<std::string>{"--feed", "--full"}));
  EXPECT_EQ(completed({"run", "--log-level", "w"}), (std::set<std::string>{"warn"}));
  EXPECT_EQ(completed({"run", "--set", "http.l"}), (std::set<std::string>{"http.listen="}));
  EXPECT_EQ(completed({"run", "-c", MISP_ZEEK_SAMPLE}), (std::set<std::string>{MISP_ZEEK_SAMPLE}));
  EXPECT_EQ(completed({"export", "--format", "z"}), (std::set<std::string>{"zeek-intel"}));
}

TEST(CommandLineDocuments, HelpDoesNotShowTheCommandThatMakesThem) {
  EXPECT_EQ(output_of({"--help"}).find("generate"), std::string::npos);
}

}  // namespace
}  // namespace misp_zeek::app
