// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>

#include "core/mapping/mapping.h"
#include "mapping/mapping_rows.h"

namespace misp_zeek {
namespace {

using test::check;
using test::shown;

// IPv6 texts as printed by Zeek 8.2.2 for to_addr() and to_subnet() of the same values.
TEST(MappingOfAddresses, PrintsThemAsZeekDoes) {
  check({
      {"ip-src", "198.51.100.7", "ADDR 198.51.100.7"},
      {"ip-dst", "2001:DB8::0:1", "ADDR 2001:db8::1"},
      {"ip-dst", "2001:0db8:0000:0000:0000:0000:0000:0007", "ADDR 2001:db8::7"},
      {"ip-dst", "::ffff:1.2.3.4", "ADDR 1.2.3.4"},
      {"ip-dst", "::FFFF:0102:0304", "ADDR 1.2.3.4"},
      {"ip-dst", "::1.2.3.4", "ADDR ::1.2.3.4"},
      {"ip-dst", "::2:3", "ADDR ::0.2.0.3"},
      {"ip-dst", "::1", "ADDR ::1"},
      {"ip-dst", "64:ff9b::1.2.3.4", "ADDR 64:ff9b::102:304"},
      {"ip-dst", "::ffff:0:1.2.3.4", "ADDR ::ffff:0:1.2.3.4"},
      {"ip-dst", "::ffff:1:2.3.4.5", "ADDR ::ffff:1:203:405"},
      {"ip-dst", "1:0:0:2:0:0:0:3", "ADDR 1:0:0:2::3"},
      {"ip-dst", "1:2:3:4:5:6:7::", "ADDR 1:2:3:4:5:6:7:0"},
  });
}

TEST(MappingOfAddresses, MasksHostBitsAndKeepsSingleHostsAsAddresses) {
  check({
      {"ip-dst", "198.51.100.7/24", "SUBNET 198.51.100.0/24"},
      {"ip-dst", "198.51.100.255/25", "SUBNET 198.51.100.128/25"},
      {"ip-dst", "10.9.8.7/8", "SUBNET 10.0.0.0/8"},
      {"ip-dst", "1.2.3.4/08", "SUBNET 1.0.0.0/8"},
      {"ip-dst", "198.51.100.7/31", "SUBNET 198.51.100.6/31"},
      {"ip-dst", "198.51.100.7/32", "ADDR 198.51.100.7"},
      {"ip-dst", "2001:DB8:1::5/48", "SUBNET 2001:db8:1::/48"},
      {"ip-dst", "2001:db8::7/127", "SUBNET 2001:db8::6/127"},
      {"ip-dst", "2001:db8::7/128", "ADDR 2001:db8::7"},
      {"ip-dst", "::ffff:1.2.3.4/120", "SUBNET 1.2.3.0/24"},
      {"ip-dst", "::ffff:1.2.3.4/128", "ADDR 1.2.3.4"},
      {"ip-dst", "::1.2.3.4/120", "SUBNET ::1.2.3.0/120"},
      {"ip-dst", "::/90", "SUBNET ::/90"},
  });
}

TEST(MappingOfAddresses, RefusesWhatIsNoAddress) {
  for (const std::string_view value : {"not-an-ip",
                                       "1.2.3",
                                       "1.2.3.4.5",
                                       "256.1.1.1",
                                       "01.2.3.4",
                                       "1.2.3.04",
                                       "0x1.2.3.4",
                                       "1.2.3.4/33",
                                       "2001:db8::/129",

                                       "/24",
                                       "1.2.3.4/24/24",
                                       "1.2.3.4/-1",
                                       "1.2.3.4/ 24",
                                       "1.2.3.4/99999999999",
                                       "1.2.3.4/255.255.255.0",
                                       "1.2.3.4 5",
                                       "2001:db8:::1",
                                       "1:2:3:4:5:6:7:8:9",
                                       "0.0.0.0",
                                       "::",
                                       "::ffff:0.0.0.0",
                                       "0.0.0.0/32",
                                       "::/128",
                                       "1.2.3.0-1.2.3.9",
                                       "1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa"}) {
    EXPECT_EQ(shown(Mapping().map("ip-dst", value)), "!bad_address") << value;
  }
}

TEST(MappingOfAddresses, RefusesNetworksBroaderThanAllowed) {
  check({
      {"ip-dst", "0.0.0.0/0", "!broad_network"},
      {"ip-dst", "10.0.0.0/7", "!broad_network"},
      {"ip-dst", "::/0", "!broad_network"},
      {"ip-dst", "2001::/15", "!broad_network"},
      {"ip-dst", "2001::/16", "SUBNET 2001::/16"},
      {"ip-dst", "::ffff:10.0.0.0/103", "!broad_network"},
      {"ip-dst", "::ffff:10.0.0.0/104", "SUBNET 10.0.0.0/8"},
  });
}

// Zeek 8.2.2: `1.2.3.4 in to_subnet("::/80")` is true, in "::/90" it is false.
TEST(MappingOfAddresses, RefusesAnIpv6NetworkThatHoldsAllOfIpv4) {
  check({
      {"ip-dst", "::ffff:1.2.3.4/24", "!broad_network"},
      {"ip-dst", "::/80", "!broad_network"},
      {"ip-dst", "::ffff:0:0/95", "!broad_network"},
      {"ip-dst", "::ffff:0:0/96", "!broad_network"},
      {"ip-dst", "::/81", "SUBNET ::/81"},
  });
  MappingOptions options;
  options.min_prefix_v4 = 0;
  options.min_prefix_v6 = 0;
  const auto everything = Mapping::create(options);
  ASSERT_TRUE(everything);
  check(*everything, {
                         {"ip-dst", "0.0.0.0/0", "SUBNET 0.0.0.0/0"},
                         {"ip-dst", "::/0", "SUBNET ::/0"},
                         {"ip-dst", "::ffff:1.2.3.4/24", "SUBNET ::/24"},
                         {"ip-dst", "::ffff:0:0/96", "SUBNET 0.0.0.0/0"},
                         {"ip-dst", "::ffff:0:0/95", "SUBNET ::fffe:0:0/95"},
                     });
}

TEST(MappingOfDomains, WritesThemAsDnsDoes) {
  check({
      {"domain", "Evil.Example.COM", "DOMAIN evil.example.com"},
      {"domain", " evil.example.com. ", "DOMAIN evil.example.com"},
      {"domain", "evil[.]example(.)com", "DOMAIN evil.example.com"},
      {"domain",
       "b\xc3\xbc"
       "cher.example",
       "DOMAIN xn--bcher-kva.example"},
      {"domain",
       "B\xc3\x9c"
       "CHER.Example.",
       "DOMAIN xn--bcher-kva.example"},
      {"domain", "fa\xc3\x9f.de", "DOMAIN xn--fa-hia.de"},
      {"domain", "xn--bcher-kva.example", "DOMAIN xn--bcher-kva.example"},
      {"domain",
       "_sip._tcp.b\xc3\xbc"
       "cher.example",
       "DOMAIN _sip._tcp.xn--bcher-kva.example"},
      {"hostname", "_dmarc.example.com", "DOMAIN _dmarc.example.com"},
      {"hostname", "0-9.1and1.example", "DOMAIN 0-9.1and1.example"},
      {"hostname", "-a-.example", "DOMAIN -a-.example"},
      {"hostname", "localhost", "DOMAIN localhost"},
      {"hostname", "1.2.3.4.in-addr.arpa", "DOMAIN 1.2.3.4.in-addr.arpa"},
  });
}

TEST(MappingOfAddresses, TakesOffWhatPeopleWriteAround) {
  check({
      {"ip-dst", "[2001:db8::1]", "ADDR 2001:db8::1"},
      {"ip-dst", "[2001:db8::1]:443", "ADDR 2001:db8::1 :443"},
      {"ip-dst", "198.51.100.7:8443", "ADDR 198.51.100.7 :8443"},
      {"ip-dst", "hxxp://198.51.100.7/", "ADDR 198.51.100.7"},
      {"ip-dst", "198[.]51[.]100[.]7", "ADDR 198.51.100.7"},
      {"ip-dst", "198.51.100[.]0/24", "SUBNET 198.51.100.0/24"},
      {"ip-src", "2001[:]db8::7", "ADDR 2001:db8::7"},
      {"ip-dst", "fe80::1%eth0", "ADDR fe80::1"},
      {"ip-dst", "2001:db8::7%25en0", "ADDR 2001:db8::7"},
      {"ip-dst", "198.51.100.7%eth0", "!bad_address"},
      {"ip-dst", "evil.example", "!bad_address"},
      {"ip-dst", "http://198.51.100.7/x", "!bad_address"},
      {"ip-dst|port", "[2001:db8::1]|443", "ADDR 2001:db8::1 :443"},
      {"ip-dst|port", "198.51.100.7:8080|443", "!bad_composite"},
  });
}

TEST(MappingOfDomains, TakeAnAddressForWhatItIs) {
  check({
      {"hostname", "192.0.2.44", "ADDR 192.0.2.44"},
      {"domain", "2001:DB8::1", "ADDR 2001:db8::1"},
      {"hostname", "[2001:db8::1]", "ADDR 2001:db8::1"},
      {"hostname|port", "192.0.2.44|443", "ADDR 192.0.2.44 :443"},
      {"hostname", "192.0.2.44:443", "ADDR 192.0.2.44 :443"},
      {"hostname", "192.0.2.0/24", "!bad_domain"},
      {"hostname", "0.0.0.0", "!bad_domain"},
      {"domain|ip", "192.0.2.44|192.0.2.44", "ADDR 192.0.2.44"},
  });
}

TEST(MappingOfDomains, TakeOffWhatPeopleWriteAround) {
  for (const std::string_view value :
       {"hxxp://evil.example.com", "https://evil.example.com/", "evil.example.com/",
        "evil[dot]example{.}com", "evil(DOT)example[.]com", "evil\\.example\\.com",
        "evil[.example.com",
        "\xc2\xa0"
        "evil.example.com\xe2\x80\x8b"}) {
    EXPECT_EQ(shown(Mapping().map("hostname", value)), "DOMAIN evil.example.com") << value;
  }
  check({
      {"hostname", "evil.example.com:8080", "DOMAIN evil.example.com :8080"},
      {"hostname", "user@evil.example.com", "!bad_domain"},
      {"onion-address", "Expyuzz4wqqyqhjn.onion", "DOMAIN expyuzz4wqqyqhjn.onion"},
  });
}

TEST(MappingOfDomains, KeepWildcardsForTheScriptThatMatchesBelow) {
  check({
      {"domain", "*.Evil.example", "DOMAIN *.evil.example"},
      {"hostname", ".evil.example", "DOMAIN *.evil.example"},
      {"hostname", "*[.]evil[.]example", "DOMAIN *.evil.example"},
      {"domain", "*.example", "!bad_domain"},
      {"domain", "*", "!bad_domain"},
      {"domain", "*evil.example", "!bad_domain"},
      {"domain", "a.*.example", "!bad_domain"},
      {"domain|ip", "*.evil.example|198.51.100.7", "DOMAIN *.evil.example + ADDR 198.51.100.7"},
  });
}

// ICU's UTS 46, as browsers; Zeek presents what they ask for.
TEST(MappingOfDomains, AreInternationalisedAsInBrowsers) {
  check({
      {"domain", "i\xe2\x9d\xa4.example", "DOMAIN xn--i-7iq.example"},
      {"domain", "fa\xc3\x9f.example", "DOMAIN xn--fa-hia.example"},
      {"domain", "\xe2\x91\xa0.example", "DOMAIN 1.example"},
      {"domain",
       "evil\xe3\x80\x82"
       "example",
       "DOMAIN evil.example"},
      {"domain", "\xef\xbd\x85vil.example", "DOMAIN evil.example"},
      {"domain",
       "ex\xc2\xad"
       "ample.example",
       "DOMAIN example.example"},
      {"domain", "\xe4\xbe\x8b\xe5\xad\x90.\xe6\xb5\x8b\xe8\xaf\x95",
       "DOMAIN xn--fsqu00a.xn--0zwm56d"},
      {"domain", "xn--\xc3\xbc.example", "!bad_domain"},
      {"url", "http://i\xe2\x9d\xa4.example/x",
       "URL xn--i-7iq.example/x + URL i\xe2\x9d\xa4.example/x"},
      {"email-src", "bad@i\xe2\x9d\xa4.example",
       "EMAIL bad@xn--i-7iq.example + EMAIL bad@i\xe2\x9d\xa4.example"},
  });
}

TEST(MappingOfDomains, RefusesWhatDnsNeverCarriesAsWritten) {
  for (const std::string_view value :
       {"evil example.com", "evil.example.com/x", "evil..example.com", "evil.example.com..", ".",
        "a,b", "user@example.com", "256.1.1.1", "1.2", "123", "\xe2\x80\xae.example",
        "\xef\xbf\xbd.example", "a|b"}) {
    EXPECT_EQ(shown(Mapping().map("hostname", value)), "!bad_domain") << value;
  }
  const std::string label(63, 'a');
  EXPECT_EQ(shown(Mapping().map("domain", label + ".example")), "DOMAIN " + label + ".example");
  EXPECT_EQ(shown(Mapping().map("domain", label + "a.example")), "!bad_domain");
  const std::string name = label + "." + label + "." + label + "." + std::string(61, 'a');
  EXPECT_EQ(shown(Mapping().map("domain", name)), "DOMAIN " + name);
  EXPECT_EQ(shown(Mapping().map("domain", name + "a")), "!bad_domain");
  std::string umlauts;
  for (int i = 0; i < 5000; ++i) umlauts += "\xc3\xbc";
  EXPECT_EQ(shown(Mapping().map("domain", umlauts)), "!bad_domain");
}

// First the request, then the Referer header of browsers, then a mail: what http-url.zeek,
// http-headers.zeek and smtp-url-extraction.zeek of Zeek 8.2.2 hand to Intel::seen().
TEST(MappingOfUrls, HaveTheSpellingsOfRequestsRefererAndMail) {
  check({
      {"url", "http://evil.example/x", "URL evil.example/x"},
      {"url", "http://evil.example/a%20b/%4Cogin.php?x=%41",
       "URL evil.example/a b/login.php?x=a + URL evil.example/a%20b/%4cogin.php?x=%41"},
      {"url", "http://Evil.example.com/Path/a?b=c&d=%20e#frag",
       "URL evil.example.com/path/a?b=c&d= e + URL evil.example.com/path/a?b=c&d=%20e + "
       "URL evil.example.com/path/a?b=c&d=%20e#frag"},
      {"url", "http://evil.example.com/x%C3%B6y%41",
       "URL evil.example.com/x\xc3\xb6ya + URL evil.example.com/x%c3%b6y%41"},
      {"url", "http://evil.example.com/a b",
       "URL evil.example.com/a b + URL evil.example.com/a%20b"},
      {"url", "HTTP://example.com?q=1", "URL example.com/?q=1 + URL example.com"},
      {"url", "http://user:p@ss@example.com/a@b",
       "URL example.com/a@b + URL user:p@ss@example.com/a@b"},
      {"url",
       "http://b\xc3\xbc"
       "cher.example/\xc3\x9c",
       "URL xn--bcher-kva.example/\xc3\x9c + URL xn--bcher-kva.example/%c3%9c + URL b\xc3\xbc"
       "cher.example/\xc3\x9c"},
      {"url", "http://192.0.2.1:8080/x.exe",
       "URL 192.0.2.1:8080/x.exe + URL 192.0.2.1:8080:8080/x.exe"},
      {"url", "http://[2001:DB8:0::1]:8080/x",
       "URL [2001:db8::1]:8080/x + URL [2001:db8::1]:8080:8080/x"},
      {"url", "http://example.com/a #b", "URL example.com/a"},
      {"url", "http://example.com//a/../b", "URL example.com//a/../b"},
      {"url", "example.com/a?u=http://b.example/", "URL example.com/a?u=http://b.example/"},
      {"url", "http://e-vil.example/x", "URL e-vil.example/x"},
  });
}

TEST(MappingOfUrls, DecodeAsZeekDoesOrNotAtAll) {
  check({
      {"url", "a.example/%2541", "URL a.example/%41 + URL a.example/%2541"},
      {"url", "a.example/%%41", "URL a.example/a + URL a.example/%%41"},
      {"url", "a.example/100%", "URL a.example/100%"},
      {"url", "a.example/%4", "URL a.example/%4"},
      {"url", "a.example/%zz", "URL a.example/%zz"},
      {"url", "a.example/%u0041b", "URL a.example/ab + URL a.example/%u0041b"},
      {"url", "a.example/%u00", "URL a.example/%u00"},
      {"url", "a.example/%23x", "URL a.example/#x + URL a.example/%23x"},
      {"url", "a.example/%20%0A", "URL a.example/%20%0a"},
      {"url", "a.example/%20%00", "URL a.example/%20%00"},
      {"url", "a.example/%20%FF", "URL a.example/%20%ff"},
  });
}

TEST(MappingOfUrls, WithoutAPathAreHostsToo) {
  check({
      {"url", "http://evil.example", "URL evil.example/ + URL evil.example + DOMAIN evil.example"},
      {"url", "http://evil.example/", "URL evil.example/ + URL evil.example + DOMAIN evil.example"},
      {"url", "c2.evil.example",
       "URL c2.evil.example/ + URL c2.evil.example + DOMAIN c2.evil.example"},
      {"url", "http://e-vil.example",
       "URL e-vil.example/ + URL e-vil.example + DOMAIN e-vil.example"},
      {"url", "http://198.51.100.9:15363",
       "URL 198.51.100.9:15363/ + URL 198.51.100.9:15363:15363/ + URL 198.51.100.9:15363 + "
       "ADDR 198.51.100.9 :15363"},
      {"url", "tcp://198.51.100.7", "URL 198.51.100.7/ + URL 198.51.100.7 + ADDR 198.51.100.7"},
      {"url", "http://[2001:db8::1]", "URL [2001:db8::1]/ + URL [2001:db8::1] + ADDR 2001:db8::1"},
      {"url", "http://intranet/", "URL intranet/ + URL intranet"},
      {"url", "http://evil.example#frag",
       "URL evil.example/ + URL evil.example + DOMAIN evil.example"},
  });
  MappingOptions options;
  options.url_hosts = UrlHosts::kNever;
  check(*Mapping::create(options),
        {{"url", "http://evil.example", "URL evil.example/ + URL evil.example"}});
  options.url_hosts = UrlHosts::kAlways;
  check(*Mapping::create(options), {{"url", "http://evil.example:8080/x",
                                     "URL evil.example:8080/x + URL evil.example:8080:8080/x + "
                                     "DOMAIN evil.example :8080"}});
}

TEST(MappingOfUrls, AreCleaned) {
  for (const std::string_view value : {"http://http://evil.example/x",
                                       "http://https//evil.example/x",
                                       "http:/evil.example/x",
                                       "http//evil.example/x",
                                       "hxxps://evil.example:443/x",
                                       "hXXp://evil[.]example/x",
                                       "hxxp[:]//evil[dot]example/x",
                                       "hxxp[://]evil(.)example/x",
                                       "h**p://evil{.}example/x",
                                       "http:\\\\evil.example\\x",
                                       "http://evil.example:80/x",
                                       "http://evil.example:080/x",
                                       "ftp://evil.example:21/x",
                                       "http://evil.example:/x",
                                       "http://evil.example./x",
                                       "<http://evil.example/x>",
                                       "\"http://evil.example/x\"",
                                       "http:// evil.example/x",
                                       "\xc2\xa0http://evil.example/x\xc2\xa0",
                                       "\xe2\x80\xaehttp://evil.example/x",
                                       "\xef\xbb\xbfhttp://evil.example/x\xe2\x80\x8b\xe3\x80\x80",
                                       "http://evil[.example/x",
                                       "http://evil.example[:]80/x"}) {
    EXPECT_EQ(shown(Mapping().map("url", value)), "URL evil.example/x") << value;
  }
  check({
      {"url", "http://example.com:443/a", "URL example.com:443/a + URL example.com:443:443/a"},
      {"url", "http://example.com:08080/a", "URL example.com:8080/a + URL example.com:8080:8080/a"},
      {"url", "http://http.example/http://x", "URL http.example/http://x"},
      {"url",
       "http://evil.example/\xe2\x80\xae"
       "fdp.exe",
       "!bidi_controls"},
      {"url", "http://e\xe2\x80\xaevil.example/x", "!bidi_controls"},
      {"ip-dst",
       "\xc2\xa0"
       "198.51.100.7\xe2\x80\x8b",
       "ADDR 198.51.100.7"},
      {"domain",
       "\xe2\x80\xaa"
       "evil.example\xe2\x80\xac",
       "DOMAIN evil.example"},
      {"email-src", "bad\xe2\x80\xae@evil.example", "!bidi_controls"},
      {"md5",
       "\xc2\xa0"
       "d41d8cd98f00b204e9800998ecf8427e",
       "FILE_HASH d41d8cd98f00b204e9800998ecf8427e"},
      {"url", "\xc2\xa0\xe2\x80\xae", "!empty"},
  });
}

TEST(MappingOfUrls, AreAsLongAsAnIndicatorMayBe) {
  MappingOptions options;
  options.max_length = 20;
  check(*Mapping::create(options), {
                                       {"url", "a.example/%41%41%41%41", "URL a.example/aaaa"},
                                       {"url", "a.example/aaaaaaaaaaa", "!too_long"},
                                   });
}

TEST(MappingOfUrls, RefuseWhatHasNoHost) {
  for (const std::string_view value :
       {"/path/only", "http://", "http:///x", "?q", "http://a b/c", "http://a.example:0/",
        "http://a.example:99999/", "http://a.example:x/", "http://[::1/x", "http://[1.2.3.4]/",
        "http://256.1.1.1/", "javascript:alert(1)", "http://*.example/", "c:\\windows\\x.exe",
        "http://@/"}) {
    EXPECT_EQ(shown(Mapping().map("url", value)), "!bad_url") << value;
  }
}

TEST(MappingOfEmails, AreBareAddresses) {
  check({
      {"email", "Bad.Guy@Example.com", "EMAIL bad.guy@example.com"},
      {"email-dst", "< a@b >", "EMAIL a@b"},
      {"email-reply-to", "a+b=c@example.com", "EMAIL a+b=c@example.com"},
      {"target-email", "v@example.com", "EMAIL v@example.com"},
      {"whois-registrant-email", "r@example.com", "EMAIL r@example.com"},
      {"dns-soa-email", "hostmaster@example.com", "EMAIL hostmaster@example.com"},
      {"email", "\xc3\x9c@B\xc3\x9c.example",
       "EMAIL \xc3\x9c@xn--b-eha.example + EMAIL \xc3\x9c@b\xc3\x9c.example"},
  });
  for (const std::string_view value :
       {"Support <bad@evil.example>", "\"Support, Desk\" <bad@evil.example>",
        "mailto:bad@evil.example", "MAILTO:Bad@evil.example?subject=x", "<bad@evil.example>",
        "bad@evil[.]example", "bad[at]evil(dot)example", "bad[@]evil.example",
        "bad@evil.example (Support)", "Support <mailto:bad@evil.example>",
        "\xc2\xa0"
        "bad@evil.example\xe2\x80\xaf"}) {
    EXPECT_EQ(shown(Mapping().map("email-src", value)), "EMAIL bad@evil.example") << value;
  }
  for (const std::string_view value : {"*@evil.example", "@evil.example", "bad@*.evil.example"}) {
    EXPECT_EQ(shown(Mapping().map("email-src", value)), "!wildcard") << value;
  }
  for (const std::string_view value :
       {"a", "@", "a@", "a@b@c", "a b@example.com", "<a@b", "a@b>", "a@b,c", "a@b;c", "<>", "<",
        "<<a@b>>", "mailto:", "a:b@c", "a@b <c@d> e"}) {
    EXPECT_EQ(shown(Mapping().map("email-src", value)), "!bad_email") << value;
  }
}

TEST(MappingOfUris, NeedAHost) {
  check({
      {"uri", "http://evil.example/x", "URL evil.example/x"},
      {"uri", "hxxps[:]//evil[.]example/x", "URL evil.example/x"},
      {"uri", "/panel/gate.php", "!no_host"},
      {"uri", "gate.php?id=1", "!no_host"},
      {"uri", "news/start.php", "!no_host"},
  });
}

TEST(MappingOfHashes, AreHexadecimalOfTheRightLength) {
  check({
      {"md5", "D41D8CD98F00B204E9800998ECF8427E", "FILE_HASH d41d8cd98f00b204e9800998ecf8427e"},
      {"md5", "d41d8cd98f00b204e9800998ecf8427", "!bad_hash"},
      {"md5", "d41d8cd98f00b204e9800998ecf8427ee", "!bad_hash"},
      {"md5", "g41d8cd98f00b204e9800998ecf8427e", "!bad_hash"},
      {"md5", "d41d8cd9 8f00b204e9800998ecf8427e", "FILE_HASH d41d8cd98f00b204e9800998ecf8427e"},
      {"sha1", "da39a3ee5e6b4b0d3255bfef95601890afd80709",
       "FILE_HASH da39a3ee5e6b4b0d3255bfef95601890afd80709"},
      {"sha1", "d41d8cd98f00b204e9800998ecf8427e", "!bad_hash"},
      {"sha256", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
       "FILE_HASH e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
      {"sha256", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b85", "!bad_hash"},
      {"x509-fingerprint-sha1", "AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD",
       "CERT_HASH aabbccddeeff00112233445566778899aabbccdd"},
      {"x509-fingerprint-sha1", "aabb", "!bad_hash"},
      {"x509-fingerprint-md5", "AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99",
       "FILE_HASH aabbccddeeff00112233445566778899"},
      {"x509-fingerprint-sha256",
       "e3b0c44298fc1c14 9afbf4c8996fb924 27ae41e4649b934c a495991b7852b855",
       "FILE_HASH e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
      {"ja3-fingerprint-md5", "E7D705A3286E19EA42F587B344EE6865",
       "JA3 e7d705a3286e19ea42f587b344ee6865"},
      {"hasshserver-md5", "b12d2871a1189eff20364cf5333619ee",
       "HASSH b12d2871a1189eff20364cf5333619ee"},
      {"hassh-md5", "b12d", "!bad_hash"},
      {"jarm-fingerprint", "27d40d40d29d40d1dc42d43d00041d4689ee210389f4f6b4b5b1b93f92252d",
       "!never_seen"},
      {"ssh-fingerprint", "MD5:AA:bb:cc:dd:ee:ff:00:11:22:33:44:55:66:77:88:99",
       "PUBKEY_HASH aa:bb:cc:dd:ee:ff:00:11:22:33:44:55:66:77:88:99"},
      {"ssh-fingerprint", "aabbccddeeff00112233445566778899",
       "PUBKEY_HASH aa:bb:cc:dd:ee:ff:00:11:22:33:44:55:66:77:88:99"},
      {"ssh-fingerprint", "aa:bb", "!bad_hash"},
      {"ssh-fingerprint", "SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU", "!bad_hash"},
  });
}

TEST(MappingOfNames, AreKeptButForCase) {
  check({
      {"user-agent", "Mozilla/5.0 (compatible; Evil/1.0)",
       "SOFTWARE mozilla/5.0 (compatible; evil/1.0)"},
      {"http-user-agent", "Evil  \"x\" \\y", "SOFTWARE evil  \"x\" \\y"},
      {"user-agent", "Evil\tAgent", "!control_characters"},
      {"email-x-mailer", "The Bat!", "SOFTWARE the bat!"},
      {"eppn", "Jane@Uni.example", "USER_NAME jane@uni.example"},
      {"filename", "Invoice 2024.PDF.exe", "FILE_NAME invoice 2024.pdf.exe"},
      {"filename", "C:\\Windows\\Temp\\Evil.exe", "FILE_NAME evil.exe"},
      {"filename", "%TEMP%\\winmail.dat", "FILE_NAME winmail.dat"},
      {"filename", "/tmp/.x/a b.sh", "FILE_NAME a b.sh"},
      {"filename", "C:\\mixed/evil.dll", "FILE_NAME evil.dll"},
      {"filename",
       "Rechnung_\xe2\x80\xae"
       "fdp.exe",
       "FILE_NAME rechnung_\xe2\x80\xae"
       "fdp.exe"},
      {"filename", "C:\\Temp\\", "!bad_file_name"},
      {"attachment", "/", "!bad_file_name"},
      {"filename", "\xc3\x84.doc", "FILE_NAME \xc3\x84.doc"},
      {"attachment", "x.TXT", "FILE_NAME x.txt"},
      {"email-attachment", "a|b.zip", "FILE_NAME a|b.zip"},
  });
}

}  // namespace
}  // namespace misp_zeek
