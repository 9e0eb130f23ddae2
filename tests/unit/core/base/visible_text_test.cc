// SPDX-License-Identifier: BSD-3-Clause
#include "core/base/visible_text.h"

#include <gtest/gtest.h>

namespace misp_zeek::text {
namespace {

TEST(VisibleText, KeepsWhatOneSees) {
  for (const char* text :
       {"", "evil.example", "J\u00fcrgen \u0434\u043e\u043c \u4e2d\u6587 \U0001f600"}) {
    EXPECT_EQ(visible(text), text);
  }
}

TEST(VisibleText, NumbersWhatOneCannotSeeAndWhatTurnsTextAround) {
  EXPECT_EQ(visible("report\u202efdp.exe"), "report<U+202E>fdp.exe");
  EXPECT_EQ(visible("a\u200b.example\u2069"), "a<U+200B>.example<U+2069>");
  EXPECT_EQ(visible("\ufeffx\u00ad"), "<U+FEFF>x<U+00AD>");
  EXPECT_EQ(visible("\U000e0041"), "<U+E0041>");
}

TEST(VisibleText, LetsNothingMoveTheCursor) {
  EXPECT_EQ(visible("a\x1b[2Jb\r\n\x7f"), "a?[2Jb???");
  EXPECT_EQ(visible("\xc2\x9b"
                    "2J"),
            "<U+009B>2J");
  EXPECT_EQ(visible("\x9b"
                    "2J\xff"),
            "?2J?");
}

}  // namespace
}  // namespace misp_zeek::text
