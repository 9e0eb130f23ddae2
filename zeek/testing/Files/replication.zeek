# SPDX-License-Identifier: BSD-3-Clause
##! Looks into the package's own replication state.

# They are not exported: only this module can read them.
module MISP;

export {
	## Number of entries.
	global MISPTest::entries: function(): count;

	## Digest of the entries.
	global MISPTest::digest: function(): string;

	## Digest of an item alone.
	global MISPTest::digest_of: function(item: MISP::ItemV2): string;
}

# The key of the golden digest.
event zeek_init() &priority=9
	{
	digest_mask = hex_to_count("0f1e2d3c4b5a6978");
	digest_factor = hex_to_count("8796a5b4c3d2e1f1");
	}

function MISPTest::entries(): count
	{
	return all_items();
	}

function MISPTest::digest(): string
	{
	return format_digest(owner_named("MISP")$digest);
	}

function MISPTest::digest_of(item: MISP::ItemV2): string
	{
	return fmt("%016x", item_hash(item));
	}
