# SPDX-License-Identifier: BSD-3-Clause
##! Looks into the package's own books.

# They are not exported: only this module can read them.
module MISP;

export {
	## Number of entries.
	global MISPTest::entries: function(): count;

	## Digest of the entries.
	global MISPTest::digest: function(): string;

	## Digest of an item alone.
	global MISPTest::digest_of: function(item: MISP::ItemV1): string;
}

function MISPTest::entries(): count
	{
	return item_count();
	}

function MISPTest::digest(): string
	{
	return digest();
	}

function MISPTest::digest_of(item: MISP::ItemV1): string
	{
	return fmt("%016x", item_hash(item));
	}
