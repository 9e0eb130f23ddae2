// SPDX-License-Identifier: BSD-3-Clause
// Who may read what, by HTTP and by HTTPS.
#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include "http/listen_place.h"
#include "http/server.h"
#include "process/temporary_folder.h"
#include "web/client.h"
#include "zeek_sim/test_certificate.h"

namespace misp_zeek::http {
namespace {

const std::string kToken = "a-token-for-the-tests-0123456789";

Result<std::unique_ptr<Server>> start(ServerOptions options,
                                      const std::string& listen = "127.0.0.1:0") {
  const auto text = [](const char* body) {
    return [body](const Request&) { return Response{200, "text/plain", body}; };
  };
  return Server::start(
      listen,
      [] {
        return Health{true, {}};
      },
      {{"/status", "all", text("all\n")},
       {"/metrics", "numbers", text("1\n"), Access::kPublic},
       {"/v1/act", "acts", text("done\n"), Access::kCommand}},
      std::move(options));
}

std::unique_ptr<Server> start_or_throw(ServerOptions options) {
  auto server = start(std::move(options));
  if (!server) {
    throw std::runtime_error(server.error().message);
  }
  return std::move(*server);
}

/// Files of a certificate that is its own CA, removed at the end.
struct Certificate {
  process::TemporaryFolder folder;
  std::string ca_file;
  TlsFiles files;

  Certificate() {
    const auto made = sim::write_test_certificate(folder.path());
    ca_file = made.ca_file;
    files = {made.certificate, sim::write_open_key(folder.path(), made)};
  }
};

std::string https(const Server& server) {
  return "https://127.0.0.1:" + std::to_string(server.port());
}

class HttpAccess : public testing::Test {
 protected:
  int status_of(const std::string& path, const web::Headers& headers = {}) {
    const auto answer = client_.get(path, headers);
    return answer ? answer->status : 0;
  }
  int with(const std::string& authorization) {
    return status_of("/status", {{"Authorization", authorization}});
  }

  std::unique_ptr<Server> server_ = start_or_throw({kToken, {"sensor.example"}});
  web::Client client_{server_->port()};
};

TEST_F(HttpAccess, WantsTheTokenForAllThatHoldsIndicators) {
  for (const auto* path : {"/livez", "/readyz?verbose", "/metrics"}) {
    EXPECT_EQ(status_of(path), 200) << path;
  }
  for (const auto* path : {"/", "/status", "/livez/", "/nothing", "//livez", "/x/../livez"}) {
    EXPECT_EQ(status_of(path), 401) << path;
  }
}

TEST_F(HttpAccess, SaysHowToGiveTheToken) {
  const auto answer = client_.get("/status");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 401);
  EXPECT_EQ(answer->header("www-authenticate"), "Basic realm=\"misp-zeek\"");
  EXPECT_EQ(answer->body,
            "needs the token as \"Authorization: Bearer TOKEN\", or as the password of any user; "
            "'misp-zeek status --url' prints it\n");
}

TEST_F(HttpAccess, TakesTheTokenAsBearer) {
  EXPECT_EQ(with(web::bearer(kToken)), 200);
  for (const auto& wrong : {std::string("x"), kToken + "x", kToken.substr(1), std::string()}) {
    EXPECT_EQ(with(web::bearer(wrong)), 401) << wrong;
  }
}

TEST_F(HttpAccess, TakesTheTokenAsThePasswordOfAnyUser) {
  for (const auto* user : {"", "a", "ab", "abc", "prometheus"}) {
    EXPECT_EQ(with(web::basic(user, kToken)), 200) << user;
    EXPECT_EQ(with(web::basic(user, kToken + "x")), 401) << user;
  }
  for (const auto* header :
       {"Basic", "Basic ", "Basic =", "Basic ====", "Basic !!!!", "Basic QQ=="}) {
    EXPECT_EQ(with(header), 401) << header;
  }
}

TEST_F(HttpAccess, GivesNothingToReadersWhenThereIsNoToken) {
  const auto server = start_or_throw({});
  web::Client client(server->port());
  EXPECT_EQ(client.get("/readyz")->status, 200);
  for (const auto& header : {web::bearer(""), web::basic("", ""), std::string()}) {
    EXPECT_EQ(client.get("/status", {{"Authorization", header}})->status, 401) << header;
  }
}

TEST_F(HttpAccess, TakesNoCommandAtAnAddress) {
  const web::Headers headers = {{"Authorization", web::bearer(kToken)}};
  EXPECT_EQ(client_.post("/v1/act", "", "text/plain", headers)->status, 403);
  EXPECT_EQ(status_of("/v1/act", headers), 403);
  EXPECT_EQ(client_.get("/", headers)->body.find("/v1/act"), std::string::npos);
}

// What a browser sends for a page whose name was made to resolve to this machine.
TEST_F(HttpAccess, ServesNoOtherName) {
  for (const auto* host : {"127.0.0.1", "127.0.0.1:9180", "[::1]:9180", "192.0.2.7", "localhost",
                           "localhost:1", "sensor.example", "SENSOR.example:9180"}) {
    EXPECT_EQ(status_of("/metrics", {{"Host", host}}), 200) << host;
  }
  for (const auto* host : {"evil.example", "evil.example:9180", "localhost.evil.example",
                           "127.0.0.1.evil.example", "x.sensor.example", "[::1", "[::1]x", ":"}) {
    for (const auto* path : {"/metrics", "/readyz", "/livez", "/status"}) {
      EXPECT_EQ(status_of(path, {{"Host", host}, {"Authorization", web::bearer(kToken)}}), 421)
          << host << path;
    }
  }
  EXPECT_EQ(client_.get("/readyz", {{"Host", "evil.example"}})->body,
            "\"evil.example\" is no name of this server: name it in http.allowed_hosts\n");
}

TEST_F(HttpAccess, TakesAnotherTokenWithoutARestart) {
  const std::string other = "another-token-0123456789";
  ASSERT_TRUE(server_->renew({other, {}}));
  EXPECT_EQ(with(web::bearer(kToken)), 401);
  EXPECT_EQ(with(web::bearer(other)), 200);
  EXPECT_EQ(status_of("/readyz", {{"Host", "sensor.example"}}), 421);
  const Certificate certificate;
  EXPECT_EQ(server_->renew({other, {}, certificate.files}).error().code, ErrorCode::kInvalidConfig);
}

TEST(HttpTls, ServesWithACertificateThatAClientVerifies) {
  const Certificate certificate;
  const auto server = start_or_throw({kToken, {}, certificate.files});
  web::Client client(https(*server));
  client.trust(certificate.ca_file);
  const auto answer = client.get("/status", {{"Authorization", web::bearer(kToken)}});
  ASSERT_TRUE(answer) << client.problem();
  EXPECT_EQ(answer->status, 200);

  const Certificate other;
  web::Client stranger(https(*server));
  stranger.trust(other.ca_file);
  EXPECT_FALSE(stranger.get("/livez"));
}

TEST(HttpTls, TakesAnotherCertificateWithoutARestart) {
  const Certificate before;
  const Certificate after;
  const auto server = start_or_throw({kToken, {}, before.files});
  EXPECT_EQ(server->renew({kToken, {}, {before.files.certificate, after.files.key}}).error().code,
            ErrorCode::kInvalidConfig);
  const auto is_trusted = [&](const Certificate& certificate) {
    web::Client client(https(*server));
    client.trust(certificate.ca_file);
    return client.get("/livez").has_value();
  };
  EXPECT_TRUE(is_trusted(before));
  ASSERT_TRUE(server->renew({kToken, {}, after.files}));
  EXPECT_TRUE(is_trusted(after));
  EXPECT_FALSE(is_trusted(before));
}

TEST(HttpTls, AnswersNoClientThatSpeaksPlainHttp) {
  const Certificate certificate;
  const auto server = start_or_throw({"", {}, certificate.files});
  EXPECT_FALSE(web::Client(server->port()).get("/livez"));
  EXPECT_TRUE(web::Client(https(*server)).get("/livez"));
}

TEST(HttpTls, DoesNotStartWithFilesThatCannotBeUsed) {
  const Certificate certificate;
  const Certificate other;
  const auto error = [](const std::string& chain, const std::string& key) {
    const auto server = start({"", {}, {chain, key}});
    return server ? "" : server.error().message;
  };
  EXPECT_EQ(
      error(certificate.files.certificate, "").rfind("TLS needs a certificate and its key", 0), 0U);
  EXPECT_EQ(error("/nowhere/cert.pem", certificate.files.key)
                .rfind("certificate in /nowhere/cert.pem cannot be used: ", 0),
            0U);
  EXPECT_EQ(error(certificate.files.certificate, other.files.key)
                .rfind("private key in " + other.files.key + " cannot be used: ", 0),
            0U);
}

TEST(ListenPlace, KnowsLoopback) {
  for (const auto* listen : {"127.0.0.1:1", "127.9.9.9:1", "localhost:1", "[::1]:1"}) {
    EXPECT_TRUE(is_loopback(listen)) << listen;
  }
  for (const auto* listen :
       {"0.0.0.0:1", "[::]:1", "192.0.2.1:1", "127.example.org:1", "sensor:1"}) {
    EXPECT_FALSE(is_loopback(listen)) << listen;
  }
}

TEST(ListenPlace, FormsTheUrlOfTheOwnMachine) {
  EXPECT_EQ(local_url("127.0.0.1:4711", false), "http://127.0.0.1:4711");
  EXPECT_EQ(local_url("0.0.0.0:9180", true), "https://127.0.0.1:9180");
  EXPECT_EQ(local_url("[::]:9180", false), "http://[::1]:9180");
  EXPECT_EQ(local_url("localhost:9180", false), "http://localhost:9180");
}

TEST(HttpWithoutAToken, SaysWhyToReadersAndServesWhatIsPublic) {
  const auto server = start_or_throw({.why_no_token = "the disk is full"});
  web::Client client(server->port());
  const auto refused = client.get("/status", {{"Authorization", web::bearer("")}});
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->status, 503);
  EXPECT_NE(refused->body.find("the disk is full"), std::string::npos);
  EXPECT_EQ(client.get("/metrics")->status, 200);
}

}  // namespace
}  // namespace misp_zeek::http
