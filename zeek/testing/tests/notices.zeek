# @TEST-DOC: Matches become notices for entries with a tag of notice_tags, for all without any, and for none without extra/notices; an entry that loses the tag makes none any more.
# @TEST-EXEC: quiet-zeek frameworks/intel/do_notice $PACKAGE $FILES/sightings.zeek %INPUT >output
# @TEST-EXEC: quiet-zeek $PACKAGE $PACKAGE/extra/notices.zeek $FILES/sightings.zeek %INPUT "MISP::notice_tags={\"tlp:red\",\"apt\"}" >>output
# @TEST-EXEC: quiet-zeek $PACKAGE $PACKAGE/extra/notices.zeek $FILES/sightings.zeek %INPUT >>output
# @TEST-EXEC: btest-diff output

redef MISP::report_sightings = F;

module MISPTest;

hook Notice::policy(n: Notice::Info)
	{
	if ( n$note == Intel::Notice )
		print fmt("   notice: %s", n$sub);
	}

function tagged(name: string, tags: string): MISP::ItemV2
	{
	local result = item(name, "Intel::DOMAIN", "8");
	result$tags = tags;
	return result;
	}

function see_all()
	{
	for ( _, name in vector("plain.example", "other.example", "red.example") )
		see_name(name);
	}

redef steps += {
	function() { hello("s-1"); },
	function()
		{
		apply("s-1", 1, 1, vector(tagged("plain.example", ""),
		                          tagged("other.example", "tlp:amber,tlp:redder"),
		                          tagged("red.example", "tlp:amber,tlp:red")));
		},
	function() { see_all(); ping("s-1", 1); },
	function() { apply("s-1", 2, 2, vector(tagged("red.example", "tlp:amber"))); },
	function() { see_all(); ping("s-1", 2); },
};
