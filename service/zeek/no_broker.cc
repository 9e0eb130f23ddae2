// SPDX-License-Identifier: BSD-3-Clause
// In place of broker_adapter.cc and broker_link.cc where a build leaves Broker out.
#include "zeek/broker_adapter.h"
#include "zeek/broker_link.h"

namespace misp_zeek::zeek {

std::string broker_version() { return {}; }

/// The configuration refuses to use it.
void BrokerLink::start(std::string /*service_id*/, OnReport /*on_report*/) {}

}  // namespace misp_zeek::zeek
