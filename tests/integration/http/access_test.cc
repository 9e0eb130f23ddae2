// SPDX-License-Identifier: BSD-3-Clause
// Who may read what, by HTTP and by HTTPS.
#include <gtest/gtest.h>
#include <httplib.h>

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include "http/control.h"
#include "http/server.h"
#include "process/temporary_folder.h"
#include "zeek_sim/test_certificate.h"

namespace misp_zeek::http {
namespace {

const std::string kToken = "a-token-for-the-tests-0123456789";
const std::string kControlToken = "the-token-of-commands-0123456789";

Result<std::unique_ptr<Server>> start(ServerOptions options,
                                      const std::string& listen = "127.0.0.1:0") {
  return Server::start(
      listen,
      [] {
        return Health{true, {}};
      },
      {{"/status", "all",
        [](const Request&) {
          return Response{200, "text/plain", "all\n"};
        }},
       {"/v1/act", "acts",
        [](const Request&) {
          return Response{202, "text/plain", "done\n"};
        },
        Method::kPost}},
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

class HttpAccess : public testing::Test {
 protected:
  HttpAccess()
      : server_(start_or_throw({kControlToken, kToken})), client_("127.0.0.1", server_->port()) {
    client_.set_connection_timeout(std::chrono::seconds(20));
    client_.set_read_timeout(std::chrono::seconds(20));
  }

  int status_of(const std::string& path) {
    const auto answer = client_.Get(path);
    return answer ? answer->status : 0;
  }

  std::unique_ptr<Server> server_;
  httplib::Client client_;
};

TEST_F(HttpAccess, WantsTheTokenForAllButHealth) {
  EXPECT_EQ(status_of("/livez"), 200);
  EXPECT_EQ(status_of("/readyz?verbose"), 200);
  for (const auto* path : {"/", "/status", "/livez/", "/nothing", "//livez"}) {
    EXPECT_EQ(status_of(path), 401) << path;
  }
}

TEST_F(HttpAccess, SaysHowToGiveTheToken) {
  const auto answer = client_.Get("/status");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 401);
  EXPECT_EQ(answer->get_header_value("WWW-Authenticate"), "Basic realm=\"misp-zeek\"");
  EXPECT_EQ(answer->body,
            "needs the token of http.token_file as \"Authorization: Bearer TOKEN\", or as the "
            "password of any user\n");
}

TEST_F(HttpAccess, TakesTheTokenAsBearer) {
  client_.set_bearer_token_auth(kToken);
  EXPECT_EQ(status_of("/status"), 200);
  client_.set_bearer_token_auth(kControlToken);
  EXPECT_EQ(status_of("/status"), 200);
  for (const auto& wrong : {std::string("x"), kToken + "x", kToken.substr(1), std::string()}) {
    client_.set_bearer_token_auth(wrong);
    EXPECT_EQ(status_of("/status"), 401) << wrong;
  }
}

TEST_F(HttpAccess, TakesTheTokenAsThePasswordOfAnyUser) {
  for (const auto* user : {"", "a", "ab", "abc", "prometheus"}) {
    client_.set_basic_auth(user, kToken);
    EXPECT_EQ(status_of("/status"), 200) << user;
    client_.set_basic_auth(user, kToken + "x");
    EXPECT_EQ(status_of("/status"), 401) << user;
  }
  for (const auto* header :
       {"Basic", "Basic ", "Basic =", "Basic ====", "Basic !!!!", "Basic QQ=="}) {
    const auto answer = client_.Get("/status", {{"Authorization", header}});
    ASSERT_TRUE(answer) << header;
    EXPECT_EQ(answer->status, 401) << header;
  }
}

// A browser sends a password by itself, also for a request that another site's page makes.
TEST_F(HttpAccess, TakesNoCommandByPasswordOrByTheTokenOfReaders) {
  client_.set_basic_auth("a", kControlToken);
  EXPECT_EQ(client_.Post("/v1/act", "", "text/plain")->status, 401);
  const auto with_bearer = [&](const std::string& token) {
    return send_command({control_url("127.0.0.1:0", server_->port()), token}, "/v1/act",
                        std::chrono::seconds(20));
  };
  EXPECT_EQ(with_bearer(kToken)->status, 401);
  EXPECT_EQ(with_bearer(kControlToken)->status, 202);
}

// What a browser sends for a page whose name was made to resolve to loopback.
TEST(HttpWithoutToken, ServesNoOtherNameOnLoopback) {
  const auto server = start_or_throw({});
  httplib::Client client("127.0.0.1", server->port());
  const auto status_of = [&](const std::string& path, const std::string& host) {
    const auto answer = client.Get(path, {{"Host", host}});
    return answer ? answer->status : 0;
  };
  for (const auto* host :
       {"127.0.0.1", "127.0.0.1:9180", "[::1]:9180", "localhost", "localhost:1"}) {
    EXPECT_EQ(status_of("/status", host), 200) << host;
  }
  for (const auto* host :
       {"evil.example", "evil.example:9180", "localhost.evil.example", "127.0.0.1.evil.example"}) {
    EXPECT_EQ(status_of("/status", host), 403) << host;
    EXPECT_EQ(status_of("/readyz", host), 200) << host;
  }
  EXPECT_EQ(
      client.Get("/status", {{"Host", "evil.example"}})->body,
      "without a token, only 127.0.0.1, [::1] and localhost are served, not \"evil.example\"\n");
}

TEST(HttpWithoutToken, ServesAnyNameWhereOthersReachIt) {
  const auto server = start({}, "0.0.0.0:0");
  ASSERT_TRUE(server);
  httplib::Client client("127.0.0.1", (*server)->port());
  const auto answer = client.Get("/status", {{"Host", "misp-zeek:9180"}});
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 200);
}

TEST(HttpTls, ServesWithACertificateThatAClientVerifies) {
  const Certificate certificate;
  const auto server = start_or_throw({kControlToken, kToken, certificate.files});
  httplib::SSLClient client("127.0.0.1", server->port());
  client.set_ca_cert_path(certificate.ca_file.c_str());
  client.enable_server_certificate_verification(true);
  client.set_bearer_token_auth(kToken);
  const auto answer = client.Get("/status");
  ASSERT_TRUE(answer) << httplib::to_string(answer.error());
  EXPECT_EQ(answer->status, 200);

  const Certificate other;
  httplib::SSLClient stranger("127.0.0.1", server->port());
  stranger.set_ca_cert_path(other.ca_file.c_str());
  stranger.enable_server_certificate_verification(true);
  EXPECT_FALSE(stranger.Get("/livez"));
}

TEST(HttpTls, AnswersNoClientThatSpeaksPlainHttp) {
  const Certificate certificate;
  const auto server = start_or_throw({"", "", certificate.files});
  EXPECT_FALSE(httplib::Client("127.0.0.1", server->port()).Get("/livez"));
  httplib::SSLClient client("127.0.0.1", server->port());
  client.enable_server_certificate_verification(false);
  EXPECT_TRUE(client.Get("/livez"));
}

TEST(HttpTls, TakesCommandsOfThisMachine) {
  const Certificate certificate;
  const auto server = start_or_throw({kControlToken, kToken, certificate.files});
  const ControlAccess access{control_url("127.0.0.1:0", server->port(), true), kControlToken};
  const auto answer = send_command(access, "/v1/act", std::chrono::seconds(20));
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->status, 202);
}

TEST(HttpTls, DoesNotStartWithFilesThatCannotBeUsed) {
  const Certificate certificate;
  const Certificate other;
  const auto error = [](const std::string& chain, const std::string& key) {
    const auto server = start({"", "", {chain, key}});
    return server ? "" : server.error().message;
  };
  EXPECT_EQ(
      error(certificate.files.certificate, "").rfind("TLS needs a certificate and its key", 0), 0U);
  EXPECT_EQ(error("/nowhere/cert.pem", certificate.files.key)
                .rfind("certificate in /nowhere/cert.pem: ", 0),
            0U);
  EXPECT_EQ(error(certificate.files.certificate, other.files.key)
                .rfind("private key in " + other.files.key + ": ", 0),
            0U);
}

TEST(HttpTls, KnowsLoopback) {
  for (const auto* listen : {"127.0.0.1:1", "127.9.9.9:1", "localhost:1", "[::1]:1"}) {
    EXPECT_TRUE(is_loopback(listen)) << listen;
  }
  for (const auto* listen :
       {"0.0.0.0:1", "[::]:1", "192.0.2.1:1", "127.example.org:1", "sensor:1"}) {
    EXPECT_FALSE(is_loopback(listen)) << listen;
  }
}

}  // namespace
}  // namespace misp_zeek::http
