// SPDX-License-Identifier: BSD-3-Clause
// The faults of Soak. What one leaves broken, end_faults() mends.
#include <csignal>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "soak/soak.h"

namespace misp_zeek::soak {

const std::vector<Soak::Fault>& Soak::all_faults() {
  static const std::vector<Fault> faults = {
      {"service killed", &Soak::kill_service},
      {"service killed, back while MISP is away", &Soak::kill_service_with_misp_away},
      {"service killed, its state damaged", &Soak::kill_service_and_damage_state},
      {"service stopped and started", &Soak::stop_service},
      {"service frozen", &Soak::freeze_service},
      {"Zeek killed", &Soak::kill_zeek},
      {"Zeek frozen", &Soak::freeze_zeek},
      {"connection to Zeek cut", &Soak::cut_zeek},
      {"connection to Zeek refused", &Soak::close_zeek},
      {"connection to Zeek silent", &Soak::stall_zeek},
      {"REST cut", &Soak::cut_rest},
      {"REST refused", &Soak::close_rest},
      {"REST silent", &Soak::stall_rest},
      {"feed cut", &Soak::cut_feed},
      {"feed refused", &Soak::close_feed},
      {"feed silent", &Soak::stall_feed},
      {"MISP restarted", &Soak::restart_misp},
      {"changes without messages", &Soak::mute_feed},
      {"messages lost", &Soak::lose_frames},
      {"messages doubled", &Soak::double_frames},
      {"message malformed", &Soak::malform_frame},
      {"publisher stalled", &Soak::stall_publisher},
      {"REST answers 200 with nothing", &Soak::empty_answers},
      {"REST answers half", &Soak::broken_answers},
      {"REST answers 503", &Soak::error_answers},
      {"REST answers with a login page", &Soak::login_page},
      {"pages shift", &Soak::shift_pages},
      {"commits late", &Soak::delay_commits},
  };
  return faults;
}

void Soak::kill_service() {
  stack_.kill_service();
  rest(300);
  start_service();
}

void Soak::kill_service_with_misp_away() {
  rest_->close();
  feed_->close();
  kill_service();
  rest(1500);
}

void Soak::kill_service_and_damage_state() {
  stack_.kill_service();
  const std::string file = stack_.state_path() + "/state.db";
  std::error_code ignored;
  const auto size = std::filesystem::file_size(file, ignored);
  std::fstream damage(file, std::ios::binary | std::ios::in | std::ios::out);
  damage.seekp(static_cast<std::streamoff>(random_() % (size / 2 + 1)));
  damage << std::string(3000, '\xa5');
  damage.close();
  start_service();
}

void Soak::stop_service() {
  stack_.stop_service();
  rest(300);
  start_service();
}

void Soak::freeze_service() {
  kill(stack_.service().pid(), SIGSTOP);
  for (int i = 0; i < 3; ++i) {
    analyst_.operate();
  }
  rest(800);
  kill(stack_.service().pid(), SIGCONT);
}

void Soak::kill_zeek() {
  stack_.kill_zeek();
  rest(300);
  stack_.start_zeek();
  ++figures_.zeek_starts;
}

void Soak::freeze_zeek() {
  kill(stack_.zeek().pid(), SIGSTOP);
  for (int i = 0; i < 3; ++i) {
    analyst_.operate();
  }
  rest(800);
  kill(stack_.zeek().pid(), SIGCONT);
}

void Soak::cut_zeek() { zeek_->cut(); }
void Soak::close_zeek() { zeek_->close(); }
void Soak::stall_zeek() { zeek_->stall(true); }
void Soak::cut_rest() { rest_->cut(); }
void Soak::close_rest() { rest_->close(); }
void Soak::stall_rest() { rest_->stall(true); }
void Soak::cut_feed() { feed_->cut(); }
void Soak::close_feed() { feed_->close(); }
void Soak::stall_feed() { feed_->stall(true); }

void Soak::restart_misp() {
  simulator("/sim/publisher", R"({"action":"kill"})");
  rest_->close();
  rest(700);
  rest_->open();
  simulator("/sim/publisher", R"({"action":"start"})");
}

void Soak::mute_feed() { simulator("/sim/faults", R"({"silent":true})"); }
void Soak::lose_frames() { simulator("/sim/faults", R"({"drop_frames":4})"); }
void Soak::double_frames() { simulator("/sim/faults", R"({"duplicate_frames":5})"); }
void Soak::malform_frame() { simulator("/sim/faults", R"({"malformed_frame":"no_uuid"})"); }
void Soak::stall_publisher() { simulator("/sim/publisher", R"({"action":"stall"})"); }
void Soak::empty_answers() { simulator("/sim/faults", R"({"empty_200":3})"); }
void Soak::broken_answers() {
  simulator("/sim/faults", R"({"truncate_body":2,"cut_connection":2})");
}
void Soak::error_answers() { simulator("/sim/faults", R"({"status":{"code":503,"count":3}})"); }
void Soak::login_page() { simulator("/sim/faults", R"({"html_200":2})"); }
void Soak::shift_pages() { simulator("/sim/faults", R"({"page_shift":2})"); }
void Soak::delay_commits() { simulator("/sim/faults", R"({"delay_commit_ms":150})"); }

void Soak::end_faults() {
  for (auto* proxy : {rest_.get(), feed_.get(), zeek_.get()}) {
    proxy->open();
    proxy->stall(false);
  }
  simulator("/sim/publisher", R"({"action":"resume"})");
  simulator("/sim/faults",
            R"({"silent":false,"drop_frames":0,"duplicate_frames":0,"empty_200":0,
                "truncate_body":0,"cut_connection":0,"html_200":0,"status":{"code":503,"count":0},
                "page_shift":0,"delay_commit_ms":0})");
}

}  // namespace misp_zeek::soak
