# @TEST-DOC: A Zeek that reads a trace ends with it and opens no port, unless the site wants the package there.
# @TEST-EXEC: printf '\324\303\262\241\002\000\004\000\000\000\000\000\000\000\000\000\377\377\000\000\001\000\000\000' >empty.pcap
# @TEST-EXEC: timeout 20 quiet-zeek -r empty.pcap $PACKAGE %INPUT >output
# @TEST-EXEC: btest-diff output

event zeek_done()
	{
	print "ended by itself";
	}
