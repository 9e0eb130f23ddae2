# SPDX-License-Identifier: BSD-3-Clause
##! What this Zeek can do: the package's part, the extras that are loaded, and
##! which of Zeek's own scripts are.

module MISP;

# Besides the contract's messages; the extras add their names.
const capabilities = set("lost", "standby") &redef;

# Of Zeek's scripts: "seen" looks for indicators, "hashes" hashes all files.
global loaded_capabilities: set[string];

event zeek_script_loaded(path: string, level: count)
	{
	if ( path == /.*\/frameworks\/intel\/seen\/__load__\.zeek/ )
		add loaded_capabilities["seen"];
	else if ( path == /.*\/frameworks\/files\/hash-all-files\.zeek/ )
		add loaded_capabilities["hashes"];
	}
