// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>
#include <string>

#include "config/config_support.h"

namespace misp_zeek::app {
namespace {

/// A line of a file that is wrong, and what must be said of it.
struct Wrong {
  const char* name;  ///< of the test
  const char* section;
  const char* line;
  const char* message;  ///< after "test.toml:LINE: key "
};

void PrintTo(const Wrong& wrong, std::ostream* out) { *out << wrong.line; }

class ConfigLine : public testing::TestWithParam<Wrong> {};

TEST_P(ConfigLine, IsNamedWithFileLineKeyCauseAndWhatIsAllowed) {
  const Wrong& wrong = GetParam();
  // The section's head is line 6 and the wrong line the 7th.
  const std::string text = kMinimal + wrong.section + "\n" + wrong.line + "\n";
  EXPECT_EQ(errors_of(text), std::string("test.toml:7: key ") + wrong.message + "\n");
}

INSTANTIATE_TEST_SUITE_P(
    Types, ConfigLine,
    testing::Values(
        Wrong{"Bool", "[filter]", "to_ids = \"yes\"",
              "\"filter.to_ids\": is not a truth value; allowed: true or false"},
        Wrong{"BoolFromNumber", "[filter]", "enforce_warninglist = 1",
              "\"filter.enforce_warninglist\": is not a truth value; allowed: true or false"},
        Wrong{"StringFromNumber", "[http]", "listen = 9180",
              "\"http.listen\": is not a string: text needs quotes, as in \"9180\"; allowed: "
              "ADDRESS:PORT such as "
              "\"127.0.0.1:9180\", or \"\" for no HTTP"},
        Wrong{"StringFromDate", "[log]", "level = 2026-01-01",
              "\"log.level\": is not a string: text needs quotes, as in \"...\"; allowed: trace, "
              "debug, info, warn, error"},
        Wrong{"ListFromString", "[filter]", "types = \"ip-dst\"",
              "\"filter.types\": is not a list: write [\"ip-dst\"]; allowed: a list of MISP types "
              "that have a rule, "
              "\"!TYPE\" to exclude one"},
        Wrong{"IntegerFromReal", "[mapping]", "max_length = 10.5",
              "\"mapping.max_length\": is not a whole number; allowed: 1 to 2048"}),
    [](const auto& test) { return test.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Ranges, ConfigLine,
    testing::Values(
        Wrong{"TooLong", "[mapping]", "max_length = 4096",
              "\"mapping.max_length\": 4096 is out of range; allowed: 1 to 2048"},
        Wrong{"Prefix4", "[mapping]", "min_prefix_v4 = 33",
              "\"mapping.min_prefix_v4\": 33 is out of range; allowed: 0 to 32"},
        Wrong{"Prefix6", "[mapping]", "min_prefix_v6 = -1",
              "\"mapping.min_prefix_v6\": -1 is out of range; allowed: 0 to 128"},
        Wrong{"Shrink", "[reconcile]", "max_shrink = 1.5",
              "\"reconcile.max_shrink\": is out of range; allowed: 0.0 to 1.0"},
        Wrong{"ShrinkNotANumber", "[reconcile]", "max_shrink = nan",
              "\"reconcile.max_shrink\": is out of range; allowed: 0.0 to 1.0"},
        Wrong{"ShortInterval", "[reconcile]", "interval = \"0\"",
              "\"reconcile.interval\": \"0\" is out of range; allowed: a duration such as "
              "\"30s\", \"2m\", \"6h\" or \"90d\", from \"1s\", up to \"1d\""},
        Wrong{"FractionOfASecond", "[reconcile]", "interval = \"1500ms\"",
              "\"reconcile.interval\": \"1500ms\" is not a whole number of seconds; allowed: a "
              "duration such as \"30s\", \"2m\", \"6h\" or \"90d\", from \"1s\", up to \"1d\""},
        Wrong{"FullShorterThanInterval", "[reconcile]", "full_interval = \"1m\"",
              "\"reconcile.full_interval\": is shorter than reconcile.interval; allowed: "
              "reconcile.interval or longer"}),
    [](const auto& test) { return test.param.name; });

constexpr const char* kAge =
    "; allowed: a duration such as \"30s\", \"2m\", \"6h\" or \"90d\", \"0\" for no limit, up to "
    "\"36500d\"";

TEST(ConfigErrors, NameBadUnits) {
  const auto age = [](const std::string& value) {
    return errors_of(kMinimal + "[filter]\nmax_age = " + value + "\n");
  };
  const std::string begin = "test.toml:7: key \"filter.max_age\": ";
  EXPECT_EQ(age("\"90 days\""), begin + "\"90 days\" is not a duration" + kAge + "\n");
  EXPECT_EQ(age("\"90\""), begin + "\"90\" has no unit" + kAge + "\n");
  EXPECT_EQ(age("90"), begin + "is not a string with a number and a unit" + kAge + "\n");
  EXPECT_EQ(age("\"40000d\""), begin + "\"40000d\" is not a duration" + kAge + "\n");
}

INSTANTIATE_TEST_SUITE_P(
    Choices, ConfigLine,
    testing::Values(
        Wrong{"Published", "[filter]", "published = \"publishd\"",
              "\"filter.published\": \"publishd\" is unknown (did you mean \"published\"?); "
              "allowed: any, published, ever_published"},
        Wrong{"Format", "[log]", "format = \"xml\"",
              "\"log.format\": \"xml\" is unknown; allowed: logfmt, json"},
        Wrong{"State", "[state]", "path = \"lib/misp-zeek\"",
              "\"state.path\": is not an absolute path; allowed: an absolute path, or \"\" for "
              "none"}),
    [](const auto& test) { return test.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Members, ConfigLine,
    testing::Values(
        Wrong{"EmptyMember", "[filter]", "tags = [\"a\", \"\"]",
              "\"filter.tags\": has an empty member; allowed: a list of tag names, \"!NAME\" to "
              "exclude one"},
        Wrong{"ExcludesNothing", "[filter]", "tags = [\"!\"]",
              "\"filter.tags\": has an empty member; allowed: a list of tag names, \"!NAME\" to "
              "exclude one"},
        Wrong{"MemberType", "[filter]", "tags = [true]",
              "\"filter.tags\": has a member that is neither a string nor a whole number; allowed: "
              "a list of tag names, \"!NAME\" to exclude one"},
        Wrong{"EventId", "[filter]", "event_ids = [\"x\"]",
              "\"filter.event_ids\": has the member \"x\", which is not an event id; allowed: a "
              "list of event ids, \"!ID\" to exclude one"},
        Wrong{"EventIdZero", "[filter]", "fixed_events = [0]",
              "\"filter.fixed_events\": has the member \"0\", which is not an event id; allowed: a "
              "list of event ids"},
        Wrong{"TagToShowWithComma", "[mapping]", "show_tags = [\"a\", \"b,c\"]",
              "\"mapping.show_tags\": has a name that is empty, too long, or has a comma or "
              "control character in it; allowed: at most 64 names of tags, without commas"},
        Wrong{"FalsePositives", "[filter]", "honour_false_positives = -1",
              "\"filter.honour_false_positives\": -1 is out of range; allowed: 0 to 1000"},
        Wrong{"FixedExclusion", "[filter]", "fixed_events = [\"!4\"]",
              "\"filter.fixed_events\": has the member \"!4\", which is not an event id; allowed: "
              "a list of event ids"}),
    [](const auto& test) { return test.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Unknown, ConfigLine,
    testing::Values(
        Wrong{"Key", "[log]", "levle = \"info\"",
              "\"log.levle\": is unknown (did you mean \"level\"?); allowed: level, format"},
        Wrong{"KeyFarFromAll", "[log]", "colour = true",
              "\"log.colour\": is unknown; allowed: level, format"},
        Wrong{"KeyOfAnotherSection", "[log]", "max_length = 9",
              "\"log.max_length\": is unknown (did you mean \"mapping.max_length\"?); allowed: "
              "level, format"},
        Wrong{"KeyOfZeek", "", "prot = 1",
              "\"zeek.prot\": is unknown (did you mean \"port\"?); allowed: name, transport, "
              "address, port, listen, tls, verify_tls, server_name, ca_file, certificate, key, "
              "key_passphrase_file, allow_unauthenticated"},
        Wrong{"Section", "", "[filtre]",
              "\"filtre\": is an unknown section (did you mean \"filter\"?); allowed: misp, "
              "filter, mapping, sightings, reconcile, limits, http, control, state, log, zeek"},
        Wrong{"SectionInSection", "", "[mapping.type]",
              "\"mapping.type\": is an unknown section (did you mean \"types\"?); allowed: "
              "max_length, min_prefix_v4, min_prefix_v6, url_hosts, show_tags, types"}),
    [](const auto& test) { return test.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Zeek, ConfigLine,
    testing::Values(
        Wrong{"Port", "", "port = 70000",
              "\"zeek.port\": 70000 is out of range; allowed: 0 to 65535"},
        Wrong{"Name", "", "name = \"a b\"",
              "\"zeek.name\": is not a valid name; allowed: 1 to 64 letters, digits and . _ - :"},
        Wrong{
            "TransportSlip", "", "transport = \"Websokcet\"",
            "\"zeek.transport\": \"Websokcet\" is unknown (did you mean \"websocket\"?); allowed: "
            "auto, broker, websocket"},
        Wrong{"PortAsText", "", "port = \"25760\"",
              "\"zeek.port\": is text: write the whole number without quotes; allowed: 0 to 65535"},
        Wrong{"CaFolder", "", "ca_file = \"/etc\"\ntransport = \"websocket\"\ntls = true",
              "\"zeek.ca_file\": names a folder: /etc; allowed: a PEM file"},
        Wrong{"Transport", "", "transport = \"smoke\"",
              "\"zeek.transport\": \"smoke\" is unknown; allowed: auto, broker, websocket"},
        Wrong{"PortOfNoTransport", "", "port = 25760",
              "\"zeek.port\": does not say what is spoken there; allowed: with zeek.transport = "
              "\"websocket\" or \"broker\"; or no port, then the package's own are tried"},
        Wrong{"Tls", "", "tls = \"maybe\"",
              "\"zeek.tls\": is not a truth value; allowed: true, false or \"auto\""},
        Wrong{"Address", "", "address = \"127.0.0.1:25760 \"",
              "\"zeek.address\": is not a host name or address; allowed: a host name or address"},
        Wrong{"AddressWithPort", "", "address = \"sensor.example:25760\"",
              "\"zeek.address\": has a port in it: address = \"sensor.example\", port = 25760, "
              "transport = \"websocket\" or \"broker\"; "
              "allowed: a host name or address"},
        Wrong{"SecondOfOneName", "[[zeek]]", "name = \"zeek\"",
              "\"zeek.name\": \"zeek\" is the name of another [[zeek]]; allowed: a name of its own "
              "for each"},
        Wrong{"KeyWithoutCertificate", "", "key = \"/dev/null\"",
              "\"zeek.key\": is set without zeek.certificate; allowed: both or none"},
        Wrong{"CertificateWithoutKey", "", "certificate = \"/dev/null\"",
              "\"zeek.certificate\": is set without zeek.key; allowed: both or none"},
        Wrong{"CaFile", "", "ca_file = \"/no/such.pem\"",
              "\"zeek.ca_file\": names a file that cannot be read: /no/such.pem: No such file or "
              "directory; allowed: a PEM file"}),
    [](const auto& test) { return test.param.name; });

TEST(ConfigErrors, NameInvalidUrls) {
  const auto url = [](const std::string& text) {
    return errors_of("[misp]\nurl = \"" + text +
                     "\"\nfeed.endpoint = \"tcp://m:50000\"\n[[zeek]]\n");
  };
  const std::string begin = "test.toml:2: key \"misp.url\": ";
  const std::string end = "; allowed: an http or https URL such as \"https://misp.example.org\"\n";
  EXPECT_EQ(url(""), begin + "does not begin with https:// or http://" + end);
  EXPECT_EQ(url("misp.example.org"), begin + "does not begin with https:// or http://" + end);
  EXPECT_EQ(url("https://"), begin + "has no valid host, or port, after its ://" + end);
  EXPECT_EQ(url("https://m:99999"), begin + "has no valid host, or port, after its ://" + end);
  EXPECT_EQ(url("https://m/?a=b"), begin + "has a query, a fragment or white space" + end);
  EXPECT_EQ(url("https://me:pass@m"), begin + "has a user name or password in it" + end);
  EXPECT_EQ(url("https://misp.example.org:8443/misp/"), "");
}

TEST(ConfigErrors, NameInvalidEndpoints) {
  const auto endpoint = [](const std::string& text) {
    return errors_of("misp.url = \"https://m\"\n[misp.feed]\nendpoint = \"" + text +
                     "\"\n[[zeek]]\n");
  };
  const std::string begin = "test.toml:3: key \"misp.feed.endpoint\": ";
  const std::string end =
      "; allowed: \"tcp://HOST:PORT\" of MISP's ZeroMQ publisher, or \"ipc:///PATH\"; a list of "
      "them; or \"\" for none\n";
  const std::string no_scheme = begin + "does not begin with tcp:// or ipc://" + end;
  const std::string no_place = begin + "has no valid HOST:PORT after its ://" + end;
  for (const auto* text : {"misp:50000", "http://misp:50000", "inproc://misp"}) {
    EXPECT_EQ(endpoint(text), no_scheme);
  }
  for (const auto* text : {"tcp://misp", "tcp://misp:0", "tcp://misp:65536", "tcp://*:50000",
                           "tcp://:50000", "tcp://::1:50000", "tcp://m:5 0"}) {
    EXPECT_EQ(endpoint(text), no_place) << text;
  }
  EXPECT_EQ(endpoint("ipc://relative"), begin + "has no absolute path after its ://" + end);
  EXPECT_EQ(endpoint("tcp://[::1]:50000"), "");
  EXPECT_EQ(endpoint(""), "");
}

TEST(ConfigErrors, NameInvalidProxiesAndListenAddresses) {
  const auto error = [](const std::string& lines) { return errors_of(kMinimal + lines); };
  EXPECT_NE(error("[http]\nlisten = \"9180\"\n").find("is not an address and a port"),
            std::string::npos);
  EXPECT_NE(error("[http]\nlisten = \"::1:80\"\n").find("is not an address and a port"),
            std::string::npos);
  EXPECT_EQ(error("[http]\nlisten = \"[::1]:0\"\n"), "");
  EXPECT_EQ(error("[http]\nlisten = \"\"\n"), "");
  const auto proxy = [](const std::string& text) {
    return errors_of("[misp]\nurl = \"https://m\"\nproxy = \"" + text +
                     "\"\nfeed.endpoint = \"tcp://m:1\"\n[[zeek]]\n");
  };
  EXPECT_NE(proxy("proxy:3128").find("test.toml:3: key \"misp.proxy\": does not begin with"),
            std::string::npos);
  EXPECT_EQ(proxy("http://user:hunter2@proxy:3128").find("hunter2"), std::string::npos);
  EXPECT_NE(proxy("http://user:hunter2@proxy:3128").find("has a user name or password in it"),
            std::string::npos);
  EXPECT_EQ(proxy("socks5h://proxy:1080"), "");
}

TEST(ConfigErrors, NameRulesAndTypesThatDoNotExist) {
  EXPECT_EQ(
      errors_of(kMinimal + "[mapping.types]\n\"sha512\" = \"file_hsh\"\n"),
      "test.toml:7: key \"mapping.types.sha512\": names the unknown rule \"file_hsh\" (did "
      "you mean \"file_hash\"?); allowed: address, address_port, cert_hash, domain, "
      "domain_address, domain_only, domain_port, email, file_hash, file_hash_only, file_name, "
      "file_name_hash, hassh, ja3, ja4, never_seen, none, "
      "pubkey_hash, software, uri, url, user_name\n");
  const std::string error = errors_of(kMinimal + "[filter]\ntypes = [\"ip_dst\"]\n");
  EXPECT_NE(error.find("test.toml:7: key \"filter.types\": \"ip_dst\" has no rule (did you mean "
                       "\"ip-dst\"?); allowed: types that [mapping] knows: "),
            std::string::npos)
      << error;
  EXPECT_EQ(
      errors_of(kMinimal +
                "[filter]\ntypes = [\"sha512\"]\n[mapping.types]\n\"sha512\" = \"file_hash\""),
      "");
}

TEST(ConfigErrors, NameWrongShapesOfSections) {
  EXPECT_EQ(errors_of("misp.url = \"https://m\"\nmisp.feed.endpoint = \"tcp://m:1\"\n[zeek]\n"),
            "test.toml:3: key \"zeek\": is a section, not a list of sections; allowed: [[zeek]]\n");
  EXPECT_NE(errors_of("misp = 3\n")
                .find("test.toml:1: key \"misp\": is not a section; allowed: [misp]\n"),
            std::string::npos);
  EXPECT_NE(errors_of("zeek = [1]\n")
                .find("test.toml:1: key \"zeek\": is not a list of sections; allowed: [[zeek]]\n"),
            std::string::npos);
}

TEST(ConfigErrors, NameAllThatIsMissing) {
  ConfigSources sources;
  sources.file = "test.toml";
  EXPECT_EQ(
      errors_of("", sources),
      "test.toml: key \"misp.url\": is missing (set it in the file, by MISP_ZEEK_MISP_URL or by "
      "--set misp.url=VALUE); allowed: an http or https URL such as "
      "\"https://misp.example.org\"\n"
      "test.toml: key \"misp.feed.endpoint\": is missing (set it in the file, by "
      "MISP_ZEEK_MISP_FEED_ENDPOINT or by --set misp.feed.endpoint=VALUE); allowed: "
      "\"tcp://HOST:PORT\" of MISP's ZeroMQ publisher, or \"ipc:///PATH\"; a list of them; or "
      "\"\" for none\n"
      "test.toml: key \"zeek\": is missing; allowed: a [[zeek]] section, MISP_ZEEK_ZEEK_ADDRESS or "
      "--zeek ADDRESS:PORT\n"
      "test.toml: key \"misp.api_key_file\": is missing (set it in the file, by "
      "MISP_ZEEK_MISP_API_KEY_FILE or by --set misp.api_key_file=VALUE); allowed: a file that "
      "holds "
      "the API key; or MISP_ZEEK_MISP_API_KEY with the key itself, or systemd's credential "
      "misp.key\n");
}

TEST(ConfigErrors, ReportAllProblemsAtOnceInTheOrderOfTheFile) {
  const std::string error = errors_of(kMinimal +
                                      "port = -1\n[log]\nlevel = \"loud\"\n[http]\nlisten = 1\n"
                                      "[filter]\nmax_age = \"x\"\n");
  std::size_t from = 0;
  for (const auto* place : {"test.toml:6: ", "test.toml:8: ", "test.toml:10: ", "test.toml:12: "}) {
    const auto at = error.find(place, from);
    ASSERT_NE(at, std::string::npos) << place << " in\n" << error;
    from = at;
  }
  EXPECT_EQ(std::count(error.begin(), error.end(), '\n'), 4);
}

TEST(ConfigErrors, NameTheLineOfASyntaxErrorAndNothingElse) {
  const std::string error = errors_of("[misp]\nurl = \n");
  EXPECT_EQ(error.rfind("test.toml:2: is not TOML: ", 0), 0U) << error;
  EXPECT_EQ(std::count(error.begin(), error.end(), '\n'), 1);
  EXPECT_NE(errors_of("[misp]\nurl = \"a\"\nurl = \"b\"\n").find("test.toml:3: is not TOML: "),
            std::string::npos);
}

TEST(ConfigErrors, SayHowALineThatIsNotTomlWouldBe) {
  struct NotToml {
    const char* lines;  ///< from line 6 on
    const char* says;
  };
  const std::vector<NotToml> all = {
      {"transport = websocket",
       "test.toml:6: is not TOML: key \"zeek.transport\": text needs quotes, as in transport = "
       "\"websocket\"; allowed: auto, broker, websocket (value: could not determine value type)\n"},
      {"address = 127.0.0.1 # here",
       "text needs quotes, as in address = \"127.0.0.1\"; allowed: a"},
      {"[filter]\nmax_age = 90d",
       "test.toml:7: is not TOML: key \"filter.max_age\": text needs "
       "quotes, as in max_age = \"90d\"; allowed: a duration such as"},
      {"[ state ]\npath = /var/lib", "key \"state.path\": text needs quotes, as in path = \"/var"},
      {"[filter]\ntypes = [ip-dst]", "key \"filter.types\": a list is [\"a\", \"b\"]"},
      {"[filter]\ntypes = [\"md5\"\n[log]", ":8: is not TOML: the list above does not end"},
      {"[filter]\nto_ids = True", "write true or false, in small letters and without quotes"},
      {"[filter]\nto_ids = treu", "write true or false, in small letters and without quotes"},
      {"[reconcile]\nmax_shrink = 50%",
       "a number has digits and a decimal point, and nothing else"},
      {"[log]\nlevel = \u201cinfo\u201d", "text needs straight quotes: \"...\""},
      {"[filter]\nto_ids = yes", "write true or false, in small letters and without quotes"},
      {"[filter]\nto_ids =",
       "key \"filter.to_ids\": a value is missing after the =; allowed: true"},
      {"[filter]\nto_ids: true", "a line is KEY = VALUE"},
      {"[filter]\nip-dst|port = \"a\"", "a key with other characters than"},
      {"; comment", "a line is KEY = VALUE, [SECTION], or a comment after #"},
      {"[log]\nlevel = \"info", "key \"log.level\": the quotes do not end"},
      {"[log]\nlevel = \"info\" format = \"json\"", "each key has a line of its own"},
      {"[state]\npath = \"C:\\misp\"", "a backslash in quotes is written twice"},
      {"port = 025760", "write the number without leading zeroes"},
      {"port = 1\nport = 2", "key \"zeek.port\": the key is there already: remove one of the two"},
      {"[misp]", "the section is there already: write its keys below the first one"},
      {"[zeek]", "each Zeek has a section [[zeek]]"},
      {"[log", "a section is [NAME], or [[zeek]], alone on its line"},
      {"name = \"\xe4\"", "save the file as UTF-8"}};
  for (const auto& [lines, says] : all) {
    const std::string error = errors_of(kMinimal + lines + "\n");
    EXPECT_NE(error.find(says), std::string::npos) << error << says;
    EXPECT_EQ(std::count(error.begin(), error.end(), '\n'), 1) << error;
  }
}

TEST(ConfigErrors, NeverShowTheKey) {
  for (const char* line : {"api_key = hunter2", "api_key_file = hunter2", "url = hunter2 \""}) {
    const std::string error = errors_of(std::string("[misp]\n") + line + "\n");
    EXPECT_NE(error.find("text needs quotes"), std::string::npos) << error;
    EXPECT_EQ(error.find("hunter2") != std::string::npos, line[0] == 'u') << error;
  }
  EXPECT_EQ(errors_of("[misp]\nurl = 3\napi_key = \"x\"\n").find(kApiKey), std::string::npos);
  EXPECT_EQ(errors_of(kMinimal + "[misp.x]\napi_key = \"hunter2\"\n").find("hunter2"),
            std::string::npos);
}

}  // namespace
}  // namespace misp_zeek::app
