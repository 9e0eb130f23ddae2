#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Stands in for MISP's publisher: opens the simulator's feed to the network, if MISP's settings say so."""
import os
import pathlib
import socket
import threading

APP = pathlib.Path("/var/www/MISP/app")
settings = dict(line.split("=", 1) for line in (APP / "Config/settings").read_text().split())
if settings.get("Plugin.ZeroMQ_enable") != "true":
    raise SystemExit("Plugin.ZeroMQ_enable is off")
(APP / "files/scripts/tmp/mispzmq.pid").write_text(str(os.getpid()))
server = socket.create_server((settings["Plugin.ZeroMQ_host"], int(settings["Plugin.ZeroMQ_port"])))


def pump(source, target):
    try:
        while data := source.recv(65536):
            target.sendall(data)
    except OSError:
        pass
    for side in (source, target):
        try:
            side.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


while True:
    client, _ = server.accept()
    try:
        feed = socket.create_connection(("127.0.0.1", 50001))
    except OSError:
        client.close()
        continue
    for pair in ((client, feed), (feed, client)):
        threading.Thread(target=pump, args=pair, daemon=True).start()
