// SPDX-License-Identifier: BSD-3-Clause
#include "app/config/secret.h"

#include <gtest/gtest.h>
#include <spdlog/fmt/fmt.h>
#include <spdlog/fmt/ostr.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <ostream>
#include <string>

#include "app/process/log.h"
#include "config/config_support.h"

namespace misp_zeek::app {
namespace {

template <typename T>
concept Streamable = requires(std::ostream& out, const T& value) {
  out << value;
};
template <typename T>
concept Loggable = requires(const T& value) {
  log::Field("name", value);
};
template <typename T>
concept Addable = requires(const T& value) {
  std::string() + value;
};

static_assert(Streamable<std::string> && !Streamable<Secret>);
static_assert(Loggable<std::string> && !Loggable<Secret>);
static_assert(Addable<std::string> && !Addable<Secret>);
static_assert(fmt::is_formattable<std::string>::value && !fmt::is_formattable<Secret>::value);
static_assert(!std::is_convertible_v<Secret, std::string>);
static_assert(!std::is_convertible_v<std::string, Secret>);

TEST(Secret, LosesWhiteSpaceAtItsEnd) { EXPECT_EQ(parse_secret("word \r\n\n")->reveal(), "word"); }

TEST(Secret, IsOneWordOfVisibleAscii) {
  EXPECT_EQ(parse_secret("\n").error().message, "is empty");
  EXPECT_EQ(parse_secret(std::string(256, 'x')).error().message, "is longer than 255 bytes");
  EXPECT_TRUE(parse_secret(std::string(255, 'x')));
  for (const auto* text : {"two words", "two\nlines", "\xc3\xa9", "nul\x7f"}) {
    EXPECT_EQ(
        parse_secret(text).error().message.find("is not one word of visible ASCII characters: "),
        0U);
  }
}

TEST(SecretFile, SaysWhyItCannotBeUsed) {
  const TemporaryFolder folder;
  const auto error = [](const std::string& path) {
    const auto file = read_secret_file(path);
    return file ? "" : file.error().message;
  };
  const std::string absent = folder.file("absent");
  EXPECT_EQ(error(absent),
            "names a file " + absent + " that cannot be read: No such file or directory");
  EXPECT_EQ(error(folder.file(".")),
            "names a file " + folder.file(".") + " that is not a regular file");
  const std::string pipe = folder.file("pipe");
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_EQ(error(pipe), "names a file " + pipe + " that is not a regular file");
  const std::string huge = folder.write("huge", std::string(100'000, 'x'));
  EXPECT_EQ(error(huge), "names a file " + huge + " that is longer than 255 bytes");
  const std::string empty = folder.write("empty", "\n");
  EXPECT_EQ(error(empty), "names a file " + empty + " that is empty");
}

TEST(SecretFile, SaysWhichUserNeedsIt) {
  if (geteuid() != 0) {
    GTEST_SKIP() << "only root can become another user";
  }
  const TemporaryFolder folder;
  const std::string path = folder.write("key", "x", std::filesystem::perms::none);
  ASSERT_EQ(seteuid(10180), 0);
  const auto file = read_secret_file(path);
  ASSERT_EQ(seteuid(0), 0);
  ASSERT_FALSE(file);
  EXPECT_EQ(file.error().message,
            "names a file " + path + " that cannot be read by user 10180: Permission denied");
}

TEST(SecretFile, TellsWhoCanReadIt) {
  using std::filesystem::perms;
  const TemporaryFolder folder;
  const auto mine = read_secret_file(folder.write("mine", "x", perms::owner_read));
  const auto group =
      read_secret_file(folder.write("group", "x", perms::owner_read | perms::group_read));
  const auto all =
      read_secret_file(folder.write("all", "x", perms::owner_read | perms::others_read));
  ASSERT_TRUE(mine && group && all);
  EXPECT_FALSE(mine->world_readable);
  EXPECT_FALSE(group->world_readable);
  EXPECT_TRUE(all->world_readable);
}

TEST(RenewedSecret, FollowsItsFile) {
  const TemporaryFolder folder;
  const std::string path = folder.write("key", "the-first-key\n");
  RenewedSecret secret(Secret("the-first-key"), path);
  EXPECT_EQ(secret.current().reveal(), "the-first-key");
  folder.write("next", "the-second-key\n");
  std::filesystem::rename(folder.file("next"), path);
  EXPECT_EQ(secret.current().reveal(), "the-second-key");
  folder.write("key", "a third and wrong one, longer than before\n");
  EXPECT_EQ(secret.current().reveal(), "the-second-key");
  std::filesystem::remove(path);
  EXPECT_EQ(secret.current().reveal(), "the-second-key");
  folder.write("key", "the-last-key\n");
  EXPECT_EQ(secret.current().reveal(), "the-last-key");
  EXPECT_EQ(RenewedSecret(Secret("fixed"), "").current().reveal(), "fixed");
}

}  // namespace
}  // namespace misp_zeek::app
