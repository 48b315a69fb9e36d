# METADATA
# description: |
#   Who is calling. A SPIFFE id from the verified client certificate comes first,
#   then a bearer token, then an agent id header, then anonymous; what may be
#   used, and who is known, is `data.identity`.
package guards.identity

# METADATA
# description: Passes a caller that `data.identity` knows; denies everyone else.
# entrypoint: true
verdict := _pass if {
	_denial == null
} else := {
	"allowed": false,
	"code": _denial.code,
	"reason": _denial.reason,
	"http_status": _denial.http_status,
	"evidence": {"kind": kind, "verified": verified},
}

# METADATA
# description: The caller's name for later guards; `anonymous` when there is none.
subject := _caller.subject

# METADATA
# description: True only for an identity that the transport has verified.
verified := _caller.verified

# METADATA
# description: Where the identity comes from (spiffe, bearer, agent_id or anonymous).
kind := _caller.kind

# METADATA
# description: "`namespace/name` of a service account in the SPIFFE id, for rules in that form."
service_account := sprintf("%s/%s", [_workload.ns, _workload.sa])

# METADATA
# description: Faults in `data.identity` for which a revision is refused.
config_errors contains "identity: a service account pattern must not be a bare `*`" if {
	some known in _settings.known
	known.service_account == "*"
}

config_errors contains sprintf("identity: `anonymous` must be allow or deny, not `%v`", [_settings.anonymous]) if {
	not _settings.anonymous in {"allow", "deny"}
}

config_errors contains sprintf("identity: `unmapped` must be observe or deny, not `%v`", [_settings.unmapped]) if {
	not _settings.unmapped in {"observe", "deny"}
}

config_errors contains sprintf("identity: `%v` in `trust_domains` is not a trust domain", [domain]) if {
	some domain in _settings.trust_domains
	not regex.match(`^[a-z0-9._-]+$`, domain)
}

# Every setting has its closed default.
_settings := object.union(
	{
		"trust_domains": [],
		"known": [],
		"unmapped": "deny",
		"anonymous": "deny",
		"bearer": "allow",
		"agent_id_header": "",
		"require_agent_id": false,
		"default_agent_id": "",
		"namespace": "default",
	},
	_configured,
)

default _configured := {}

_configured := data.identity

_pass := {"allowed": true, "evidence": object.union({"kind": kind, "verified": verified}, _observed)}

default _observed := {}

_observed := {"observed": "not in `known`"} if {
	kind == "spiffe"
	not _known
}

_headers := object.get(input, ["attributes", "request", "http", "headers"], {})

_principal := object.get(input, ["attributes", "source", "principal"], "")

# The caller, best proof first: a header never outranks a certificate.
_caller := {"kind": "spiffe", "verified": true, "subject": _principal} if {
	_principal != ""
} else := {"kind": "bearer", "verified": false, "subject": _bearer_subject} if {
	_settings.bearer == "allow"
	_bearer_subject
} else := {"kind": "agent_id", "verified": false, "subject": sprintf("agent:%s", [_agent_id])} if {
	_agent_id
} else := {"kind": "anonymous", "verified": false, "subject": "anonymous"}

# RFC 6750: the scheme is case-insensitive, one token follows.
_bearer_subject := concat("", ["bearer:", substring(crypto.sha256(token), 0, 16)]) if {
	[scheme, token] := split(_headers.authorization, " ")
	lower(scheme) == "bearer"
	regex.match(`^[A-Za-z0-9\-._~+/]+=*$`, token)
}

_agent_id := _headers[_settings.agent_id_header] if {
	_settings.agent_id_header != ""
	_headers[_settings.agent_id_header] != ""
} else := _settings.default_agent_id if {
	_settings.default_agent_id != ""
}

# The SPIFFE id: lower-case trust domain, then segments; no user info, port,
# escapes, empty or dot segments.
_spiffe := {"trust_domain": parts[2], "segments": array.slice(parts, 3, count(parts))} if {
	regex.match(`^spiffe://[a-z0-9._-]+(/[A-Za-z0-9._-]+)*$`, _principal)
	parts := split(_principal, "/")
	not "." in parts
	not ".." in parts
}

_workload := {"ns": ns, "sa": sa} if ["ns", ns, "sa", sa] = _spiffe.segments

_known if {
	some rule in _settings.known
	_matches(rule)
}

_matches(rule) if rule.spiffe == _principal

# A prefix ends at a segment boundary: `…/ns/pay` is not `…/ns/payroll`.
_matches(rule) if rule.spiffe_prefix == _principal

_matches(rule) if startswith(_principal, concat("", [trim_suffix(rule.spiffe_prefix, "/"), "/"]))

_matches(rule) if _account_matches(rule.service_account)

_account_matches(pattern) if pattern == service_account

_account_matches(pattern) if {
	endswith(pattern, "/*")
	trim_suffix(pattern, "/*") == _workload.ns
}

_account_matches(pattern) if {
	not contains(pattern, "/")
	pattern != "*"
	_workload == {"ns": _settings.namespace, "sa": pattern}
}

default _denial := null

_denial := {"code": "identity_missing", "reason": "no identity was presented", "http_status": 401} if {
	kind == "anonymous"
	_settings.anonymous != "allow"
} else := {"code": "agent_id_missing", "reason": "missing agent id", "http_status": 401} if {
	_settings.require_agent_id
	kind == "anonymous"
} else := {"code": "identity_malformed", "reason": "the client certificate does not carry one well-formed SPIFFE id", "http_status": 403} if {
	kind == "spiffe"
	not _spiffe
} else := {"code": "identity_untrusted", "reason": "the trust domain is not one of ours", "http_status": 403} if {
	kind == "spiffe"
	not _spiffe.trust_domain in _settings.trust_domains
} else := {"code": "identity_unmapped", "reason": "the identity is not known here", "http_status": 403} if {
	kind == "spiffe"
	_settings.unmapped != "observe"
	not _known
}
