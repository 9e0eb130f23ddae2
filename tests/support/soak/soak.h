// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "process/tcp_proxy.h"
#include "soak/analyst.h"
#include "stack/stack.h"

namespace misp_zeek::soak {

struct Options {
  std::string zeek;  ///< program; empty: the stand-in zeek-sim
  std::uint32_t seed = 1;
  std::chrono::seconds minutes{0};       ///< at least so long; 0: by histories alone
  std::size_t histories = 0;             ///< at least so many
  bool verbose = false;                  ///< a line for each history
  std::chrono::seconds quiet_limit{90};  ///< from the end of the faults until all must be equal
};

/// What was seen. Drift: entries that Zeek holds and should not, or should and does not.
struct Figures {
  std::size_t histories = 0;
  std::uint64_t operations = 0;
  std::map<std::string, std::size_t> faults;
  std::size_t quiet_points = 0;
  std::size_t drift_at_quiet_points = 0;
  std::vector<double> settle_seconds;  ///< from the end of the faults until all was equal
  std::uint64_t healed = 0;            ///< drift that the service's reconciles found and repaired
  std::size_t looks_in_between = 0;    ///< at entries that nothing may remove, during the faults
  std::size_t service_starts = 0;
  std::size_t zeek_starts = 0;
  double memory_at_start = 0;  ///< MiB, of the service at the first quiet point
  double memory_at_end = 0;    ///< at the last one
  double memory_most = 0;
};

/// Random histories of MISP with faults between, on long-living processes: simulated MISP, service,
/// Zeek, with a relay on every connection. After each history the faults end, the operator asks for
/// a reconcile, and Zeek's own store is compared with what MISP holds.
class Soak {
 public:
  explicit Soak(Options options);
  /// Throws std::runtime_error with the difference, the seed and the logs' place at the first quiet
  /// point with drift, and when a process ends by itself.
  Figures run();

 private:
  struct Fault {
    const char* name;
    void (Soak::*begin)();
  };
  static const std::vector<Fault>& all_faults();

  void start();
  void history();
  void inject();
  void end_faults();
  void quiet_point();
  [[noreturn]] void fail_quiet_point(const std::string& problem);
  std::string difference();
  void expect_untouched();
  void start_service();
  void note_memory();
  void rest(int most_ms);
  void simulator(const char* path, const std::string& body);

  void kill_service();
  void kill_service_with_misp_away();
  void kill_service_and_damage_state();
  void stop_service();
  void freeze_service();
  void kill_zeek();
  void freeze_zeek();
  void cut_zeek();
  void close_zeek();
  void stall_zeek();
  void cut_rest();
  void close_rest();
  void stall_rest();
  void cut_feed();
  void close_feed();
  void stall_feed();
  void restart_misp();
  void mute_feed();
  void lose_frames();
  void double_frames();
  void malform_frame();
  void stall_publisher();
  void empty_answers();
  void broken_answers();
  void error_answers();
  void login_page();
  void shift_pages();
  void delay_commits();

  Options options_;
  std::mt19937 random_;
  stack::Stack stack_;
  Analyst analyst_;
  std::unique_ptr<process::TcpProxy> rest_;
  std::unique_ptr<process::TcpProxy> feed_;
  std::unique_ptr<process::TcpProxy> zeek_;
  Figures figures_;
  std::size_t zeek_starts_before_ = 0;  ///< of the history under way
  std::string story_;                   ///< the faults of the history under way
};

/// The figures as lines for people.
std::string describe(const Figures& figures);

}  // namespace misp_zeek::soak
