package guards.identity_test

import data.guards.identity

_sa1 := "spiffe://cluster.local/ns/default/sa/sa1"

_settings := {
	"trust_domains": ["cluster.local"],
	"known": [{"service_account": "default/*"}],
}

_certificate(principal) := {"attributes": {"source": {"principal": principal}, "request": {"http": {"headers": {}}}}}

_headers(headers) := {"attributes": {"request": {"http": {"headers": headers}}}}

test_allow_i1_known_certificate if {
	identity.verdict.allowed with input as _certificate(_sa1) with data.identity as _settings
	identity.subject == _sa1 with input as _certificate(_sa1) with data.identity as _settings
	identity.verified with input as _certificate(_sa1) with data.identity as _settings
	identity.service_account == "default/sa1" with input as _certificate(_sa1) with data.identity as _settings
}

test_deny_i2_nobody if {
	verdict := identity.verdict with input as _headers({}) with data.identity as _settings
	verdict.allowed == false
	verdict.http_status == 401
	verdict.code == "identity_missing"
}

test_deny_i2_empty_input if {
	not identity.verdict.allowed with input as {} with data.identity as {}
}

test_allow_i3_anonymous_by_policy if {
	settings := object.union(_settings, {"anonymous": "allow"})
	identity.verdict.allowed with input as _headers({}) with data.identity as settings
	identity.subject == "anonymous" with input as _headers({}) with data.identity as settings
}

test_deny_i4_unmapped if {
	verdict := identity.verdict with input as _certificate("spiffe://cluster.local/ns/other/sa/x") with data.identity as _settings
	verdict.allowed == false
	verdict.code == "identity_unmapped"
}

test_allow_i4_unmapped_observed if {
	settings := object.union(_settings, {"unmapped": "observe"})
	verdict := identity.verdict with input as _certificate("spiffe://cluster.local/ns/other/sa/x") with data.identity as settings
	verdict.allowed
	verdict.evidence.observed
}

test_allow_i5_bearer if {
	request := _headers({"authorization": "bEaReR abc.def.ghi"})
	identity.verdict.allowed with input as request with data.identity as _settings
	identity.subject == "bearer:6559e90b5dd57405" with input as request with data.identity as _settings
	not identity.verified with input as request with data.identity as _settings
}

test_deny_i6_not_a_bearer if {
	every header in ["Basic dXNlcjpwYXNz", "Bearer", "Bearer ", "Bearer  ", "Bearer a b"] {
		verdict := identity.verdict with input as _headers({"authorization": header}) with data.identity as _settings
		verdict.allowed == false
		verdict.code == "identity_missing"
	}
}

test_allow_i7_certificate_outranks_header if {
	request := {"attributes": {
		"source": {"principal": _sa1},
		"request": {"http": {"headers": {"x-agent-id": "root", "authorization": "Bearer abc"}}},
	}}
	settings := object.union(_settings, {"agent_id_header": "x-agent-id"})
	identity.subject == _sa1 with input as request with data.identity as settings
}

test_deny_i8_agent_id_required if {
	settings := object.union(_settings, {"agent_id_header": "x-agent-id", "require_agent_id": true, "anonymous": "allow"})
	verdict := identity.verdict with input as _headers({}) with data.identity as settings
	verdict.http_status == 401
	verdict.code == "agent_id_missing"
}

test_allow_i8_agent_id_header if {
	settings := object.union(_settings, {"agent_id_header": "x-agent-id", "require_agent_id": true})
	identity.verdict.allowed with input as _headers({"x-agent-id": "a7"}) with data.identity as settings
	identity.subject == "agent:a7" with input as _headers({"x-agent-id": "a7"}) with data.identity as settings
}

test_allow_i8_default_agent_id if {
	settings := object.union(_settings, {"default_agent_id": "batch"})
	identity.subject == "agent:batch" with input as _headers({}) with data.identity as settings
}

test_deny_i9_other_trust_domain if {
	verdict := identity.verdict with input as _certificate("spiffe://other/ns/default/sa/sa1") with data.identity as _settings
	verdict.code == "identity_untrusted"
}

test_deny_i9_two_uris if {
	both := concat(",", [_sa1, "spiffe://other/ns/default/sa/sa1"])
	verdict := identity.verdict with input as _certificate(both) with data.identity as _settings
	verdict.code == "identity_malformed"
}

test_deny_i10_segment_boundary if {
	settings := object.union(_settings, {"known": [{"spiffe_prefix": "spiffe://cluster.local/ns/pay"}]})
	verdict := identity.verdict with input as _certificate("spiffe://cluster.local/ns/payroll/sa/x") with data.identity as settings
	verdict.code == "identity_unmapped"
}

test_allow_i10_below_prefix if {
	settings := object.union(_settings, {"known": [{"spiffe_prefix": "spiffe://cluster.local/ns/pay"}]})
	identity.verdict.allowed with input as _certificate("spiffe://cluster.local/ns/pay/sa/x") with data.identity as settings
}

test_allow_i11_account_patterns if {
	every pattern in ["default/sa1", "default/*", "sa1"] {
		settings := object.union(_settings, {"known": [{"service_account": pattern}]})
		identity.verdict.allowed with input as _certificate(_sa1) with data.identity as settings
	}
}

test_deny_i11_bare_star if {
	settings := object.union(_settings, {"known": [{"service_account": "*"}]})
	count(identity.config_errors) == 1 with data.identity as settings
	not identity.verdict.allowed with input as _certificate(_sa1) with data.identity as settings
}

test_deny_i12_malformed if {
	every principal in [
		"spiffe://Cluster.local/ns/default/sa/sa1",
		"spiffe://cluster.local/ns/default/sa/sa1/",
		"spiffe://cluster.local/ns/default/sa/sa%2F1",
		"spiffe://user@cluster.local/ns/default/sa/sa1",
		"spiffe://cluster.local:443/ns/default/sa/sa1",
		"spiffe://cluster.local/ns/../sa/sa1",
		"spiffe://cluster.local//sa1",
		"https://cluster.local/ns/default/sa/sa1",
		"CN=sa1",
	] {
		verdict := identity.verdict with input as _certificate(principal) with data.identity as _settings
		verdict.code == "identity_malformed"
	}
}

test_allow_shipped_settings_have_no_faults if {
	identity.config_errors == set()
}
