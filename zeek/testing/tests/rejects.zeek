# @TEST-DOC: Bad and vetoed items are refused with their reason, the others of the message go in, and the predecessor of a refused item is taken out.
# @TEST-EXEC: quiet-zeek $PACKAGE $FILES/harness.zeek %INPUT >output
# @TEST-EXEC: btest-diff output

module MISPTest;

hook MISP::filter_item(item: Intel::Item)
	{
	if ( item$indicator == "ours.example.net" )
		break;
	}

hook Intel::filter_item(item: Intel::Item) &priority=-100
	{
	if ( item$indicator == "theirs.example.net" || item$meta$desc == "vetoed" )
		break;
	}

function bad(values: vector of string, indicator_type: string): vector of MISP::ItemV2
	{
	local items: vector of MISP::ItemV2;
	for ( _, value in values )
		items += item(value, indicator_type, "1");

	return items;
	}

redef steps += {
	function() { hello("s-1"); },
	function()
		{
		apply("s-1", 1, 1, vector(item("x", "Intel::NO_SUCH_TYPE", "1"), item("x", "", "1"),
		                          item("good.example.net", "Intel::DOMAIN", "1"),
		                          item("", "Intel::DOMAIN", "1"),
		                          item("ours.example.net", "Intel::DOMAIN", "1"),
		                          item("theirs.example.net", "Intel::DOMAIN", "1"),
		                          item("192.0.2.1", "Intel::ADDR", "1")));
		},
	function()
		{
		# The one of 2048 bytes goes in.
		local long = string_fill(2048, "a");
		long = gsub(long, /[^a]/, "a");
		is_verbose = F;
		apply("s-1", 2, 2, vector(item(long, "Intel::URL", "1"), item(long + "a", "Intel::URL", "1")));
		},
	function()
		{
		is_verbose = T;
		apply("s-1", 3, 3, bad(vector("not-an-address", "192.0.2.256", "192.0.2", "192.0.2.0/24",
		                              "2001:db8::g", " 192.0.2.1",
		                              "192.0.2.1 ", "2001:DB8::1"), "Intel::ADDR"));
		},
	function()
		{
		apply("s-1", 4, 4, bad(vector("192.0.2.0", "192.0.2.0/33", "2001:db8::/129", "192.0.2.0/",
		                              "192.0.2.0/-1", "192.0.2.0/08", "192.0.2.0/24/24",
		                              "192.0.2.0/4294967320", "x/24", " 192.0.2.0/24"), "Intel::SUBNET"));
		},
	function()
		{
		apply("s-1", 5, 5, vector(item("192.0.2.0/32", "Intel::SUBNET", "1"),
		                          item("2001:db8::/128", "Intel::SUBNET", "1"),
		                          item("0.0.0.0/0", "Intel::SUBNET", "1")));
		},
	function()
		{
		# What went in before is taken out; the same indicator of another event stays.
		local refused = item("good.example.net", "Intel::DOMAIN", "1");
		refused$desc = "vetoed";
		apply("s-1", 6, 6, vector(refused, item("good.example.net", "Intel::DOMAIN", "2")));
		},
	function()
		{
		local refused = item("192.0.2.1", "Intel::ADDR", "1");
		refused$desc = "vetoed";
		apply("s-1", 7, 7, vector(refused, item("192.0.2.1", "Intel::ADDR", "2")),
		      vector(key("good.example.net", "Intel::DOMAIN", "2")));
		},
	function()
		{
		local long = 0;
		for ( _, line in data() )
			{
			if ( |line| > 2048 )
				++long;
			else
				print line;
			}

		print "long", long, "stores differ", |disagreement()|;
		ping("s-1", 1);
		},
};

hook answered(text: string)
	{
	if ( ! is_verbose )
		print sub(text, /aaa*a/, "a...");
	}
