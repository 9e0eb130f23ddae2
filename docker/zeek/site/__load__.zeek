# SPDX-License-Identifier: BSD-3-Clause
##! Your own scripts for the container `zeek`, e.g. certificates for Broker: put
##! a folder with a file of this name into MISP_ZEEK_ZEEK_SITE.
