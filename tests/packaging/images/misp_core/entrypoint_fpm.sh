#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# MISP itself. Its feed is on loopback; publisher.py opens it to the network when the settings say so.
exec misp-sim --seed-file /usr/share/misp-sim/seed.json --journal /var/www/MISP/app/files/journal \
  --http 127.0.0.1:8081 --zmq tcp://127.0.0.1:50001
