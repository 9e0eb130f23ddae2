#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# How many compilers may run at once: as many as there are cores, and memory. One may take 1.5 GB.
awk -v cores="$(nproc)" '/^MemAvailable:/ {
  jobs = int($2 / 1500000)
  print jobs < 1 ? 1 : jobs < cores ? jobs : cores
}' /proc/meminfo
