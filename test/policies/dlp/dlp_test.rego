package guards.dlp_test

import data.guards.dlp

_call(arguments) := {
	"attributes": {"request": {"http": {"method": "POST", "path": "/mcp", "headers": {}}}},
	"path": {"normalised": "/mcp"},
	"mcp": {"method": "tools/call", "tool": "echo", "params": {"name": "echo", "arguments": arguments}},
}

_judge(arguments) := verdict if verdict := dlp.verdict with input as _call(arguments)

_clean(arguments) if _judge(arguments).allowed

_found(kind, arguments) if {
	verdict := _judge(arguments)
	verdict.allowed == false
	some finding in verdict.evidence.findings
	finding.kind == kind
}

# Written in two pieces, so that no scanner takes this file for a leak.
_aws := concat("", ["AKIA", "IOSFODNN7EXAMPLE"])

_long := "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKL"

_36 := substring(_long, 0, 36)

_40 := substring(_long, 0, 40)

_samples := {
	"aws_access_key": _aws,
	"aws_secret_key": concat("", ["aws_secret_access_key = ", _40]),
	"github_token": concat("", ["ghp_", _36]),
	"github_pat": concat("", ["github_pat_", _36]),
	"openai_key": concat("", ["sk-", _long]),
	"openai_project_key": concat("", ["sk-proj-", _36]),
	"anthropic_key": concat("", ["sk-ant-", _36]),
	"anthropic_api03_key": concat("", ["sk-ant-api03-", _36]),
	"private_key": "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----",
	"npm_token": concat("", ["npm_", _36]),
	"slack_token": concat("", ["xoxb-", "1234567890-abcdef"]),
	"stripe_secret_key": concat("", ["sk_live_", _36]),
	"stripe_restricted_key": concat("", ["rk_live_", _36]),
	"gcp_service_account": "robot@my-project.iam.gserviceaccount.com",
	"google_api_key": concat("", ["AIza", substring(_long, 0, 35)]),
	"azure_key_vault_token": concat("", ["abc8Q~", substring(_long, 0, 32)]),
	"gitlab_pat": concat("", ["glpat-", substring(_long, 0, 20)]),
	"generic_api_key": concat("", ["api_key=", _36]),
	"generic_secret": "password: correct-horse",
	"jwt": concat("", ["eyJhbGciOiJI", ".", "eyJzdWIiOiIx", ".", "c2lnbmF0dXJl"]),
	"ssn": "my number is 123-45-6789.",
	"payment_card": "4111-1111-1111-1111",
}

test_deny_d1_masked if {
	verdict := _judge({"message": sprintf("key %s here", [_aws])})
	verdict.code == "secret_found"
	contains(verdict.reason, "AKIA…MPLE")
	not contains(json.marshal(verdict), _aws)
	some finding in verdict.evidence.findings
	finding.path == "params/arguments/message"
}

test_deny_d2_every_kind if {
	every kind, sample in _samples {
		_found(kind, {"text": sample})
	}
}

test_allow_d2_every_denying_kind_has_a_sample if {
	{kind | some kind, rule in data.dlp.kinds; rule.action == "deny"} == object.keys(_samples)
}

test_deny_d2_values_are_nowhere if {
	every sample in _samples {
		not contains(json.marshal(_judge({"text": sample})), sample)
	}
}

test_deny_d3_cards if {
	every card in ["4111-1111-1111-1111", "4111111111111111", "4111 1111 1111 1111", 4111111111111111, "5500005555555559", "378282246310005"] {
		_found("payment_card", {"card": card})
	}
}

test_allow_d3_bad_luhn if {
	every card in ["4111-1111-1111-1112", "4111111111111112", 4111111111111112] {
		_clean({"card": card})
	}
}

test_allow_d3_impossible_ssn if {
	every ssn in ["000-12-3456", "666-12-3456", "900-12-3456", "123-00-4567", "123-45-0000"] {
		_clean({"ssn": ssn})
	}
}

test_deny_d4_nested if _found("aws_access_key", {"a": [{"b": [1, {"c": _aws}]}]})

test_deny_d4_key if _found("aws_access_key", {_aws: true})

test_deny_d4_pieces if _found("aws_access_key", {"parts": ["AKIA", "IOSFODNN7EXAMPLE"]})

test_deny_d4_meta if {
	request := object.union(_call({}), {"mcp": {"params": {"_meta": {"note": _aws}}}})
	dlp.verdict.allowed == false with input as request
}

test_deny_d5_channels_switched_on if {
	request := {
		"attributes": {"request": {"http": {"method": "GET", "path": concat("", ["/x/", _aws]), "headers": {"x-note": _aws}}}},
		"path": {"normalised": "/x"},
		"parsed_query": {"q": [_aws]},
	}
	dlp.verdict.allowed with input as request
	every channel in ["headers", "query", "path"] {
		settings := object.union(data.dlp, {"channels": {channel: true}})
		dlp.verdict.allowed == false with input as request with data.dlp as settings
	}
}

test_deny_d5_body_of_plain_requests if {
	dlp.verdict.allowed == false with input as {"path": {"normalised": "/x"}, "parsed_body": {"note": _aws}}
}

test_allow_d7_exception_in_evidence if {
	settings := object.union(data.dlp, {"exceptions": [{"tool": "echo", "path": "params/arguments/order", "kinds": ["ssn"]}]})
	verdict := dlp.verdict with input as _call({"order": "123-45-6789"}) with data.dlp as settings
	verdict.allowed
	verdict.evidence.findings[0].exception
	other := dlp.verdict with input as _call({"note": "123-45-6789"}) with data.dlp as settings
	other.allowed == false
}

test_allow_d9_clean if {
	verdict := _judge({"message": "2 plus 3, please; order 1234-5678 of 2026-11-24", "n": 12, "list": ["a", "b"]})
	verdict.allowed
	verdict.evidence == {}
}

test_allow_email_and_phone_are_evidence if {
	verdict := _judge({"to": "a.person@example.com", "call": "+1 212-555-0123"})
	verdict.allowed
	{finding.kind | some finding in verdict.evidence.findings} == {"email", "phone"}
	not contains(json.marshal(verdict), "a.person")
}

test_deny_d10_redact_is_refused_at_load if {
	settings := {"kinds": {"x": {"class": "secret_found", "action": "redact", "pattern": "x"}}}
	count(dlp.config_errors) == 1 with data.dlp as settings
	count(dlp.config_errors) == 1 with data.dlp as {}
}

test_deny_kind_without_an_action_is_refused_at_load if {
	settings := {"kinds": {"x": {"class": "secret_found", "pattern": "x"}}}
	count(dlp.config_errors) == 1 with data.dlp as settings
}

# A request whose path has no normal form is looked through all the same.
test_deny_without_a_path if {
	request := object.remove(_call({"x": _aws}), ["path"])
	dlp.verdict.allowed == false with input as request
}

test_allow_d11_skip_paths if {
	settings := object.union(data.dlp, {"skip_paths": ["/mcp"]})
	dlp.verdict.allowed with input as _call({"x": _aws}) with data.dlp as settings
}

test_allow_shipped_settings_have_no_faults if dlp.config_errors == set()
