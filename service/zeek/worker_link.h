// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <variant>

#include "core/session/zeek_link.h"
#include "zeek/codec.h"

namespace misp_zeek::zeek {

/// What a link's thread uses. Shared with it, because stop() may have to leave a thread behind that
/// waits inside a library.
class LinkWorker {
 public:
  virtual ~LinkWorker() = default;
  /// False: there is no connection. Callable by any thread.
  virtual bool send(const std::string& topic, WireEvent event) = 0;
  /// Once. Nothing is reported after it has returned.
  virtual void stop() = 0;
};

/// A link whose work is done by a LinkWorker, made by start().
class WorkerLink : public ZeekLink {
 public:
  ~WorkerLink() override { stop(); }
  WorkerLink(const WorkerLink&) = delete;
  WorkerLink& operator=(const WorkerLink&) = delete;

  bool send(contract::ToZeek message) final {
    return worker_ &&
           worker_->send(std::holds_alternative<contract::Probe>(message) ? contract::kProbeTopic
                                                                          : contract::kZeekTopic,
                         encode(std::move(message)));
  }
  void stop() final {
    if (const auto worker = std::exchange(worker_, nullptr)) {
      worker->stop();
    }
  }

 protected:
  WorkerLink() = default;

  std::shared_ptr<LinkWorker> worker_;
};

}  // namespace misp_zeek::zeek
