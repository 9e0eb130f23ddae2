# SPDX-License-Identifier: BSD-3-Clause
##! Checks an item before the Intel framework sees it. The framework stores
##! ``::`` for an address that it cannot parse, or abandons the handler.

@load ./api
@load ./capabilities

module MISP;

# is_valid_ip() alone accepts blanks around the address.
function is_address(text: string): bool
	{
	return text == /[0-9a-f.:]+/ && is_valid_ip(text);
	}

# is_valid_subnet() is no help: Zeek 7.0 lacks it, later ones accept "10.0.0.0/".
function is_subnet(text: string): bool
	{
	local parts = split_string(text, /\//);
	if ( |parts| != 2 || parts[1] != /0|[1-9][0-9]{0,2}/ || ! is_address(parts[0]) )
		return F;

	return to_count(parts[1]) <= (":" in parts[0] ? 128 : 32);
	}

# Why an item of a known type cannot go in; empty: nothing is wrong with it.
function objection(indicator: string, indicator_type: Intel::Type): string
	{
	if ( |indicator| == 0 )
		return "empty";

	if ( |indicator| > max_indicator_length )
		return "too_long";

	if ( indicator_type == Intel::ADDR && ! is_address(indicator) )
		return "bad_address";

	if ( indicator_type == Intel::DOMAIN && indicator[0] == "*" && "subdomains" !in capabilities )
		return "wildcard";

	if ( indicator_type == Intel::SUBNET && ! is_subnet(indicator) )
		return "bad_subnet";

	return "";
	}

# The number in a MISP event id fits Zeek's count.
function is_event_id(text: string): bool
	{
	if ( text != /0|[1-9][0-9]{0,19}/ )
		return F;

	return |text| < 20 || strcmp(text, "18446744073709551615") <= 0;
	}
