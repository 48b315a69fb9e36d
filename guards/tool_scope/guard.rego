# METADATA
# description: |
#   Who may call which tool on which backend. Everything that `data.access`
#   does not allow is denied.
package guards.tool_scope

# METADATA
# description: Allows what a rule of `data.access` allows; names the reason otherwise.
# entrypoint: true
verdict := {"allowed": true, "evidence": {"rule": granted}} if {
	_denial == null
	granted
} else := {
	"allowed": false,
	"code": _denial.code,
	"reason": _denial.reason,
	"http_status": 403,
} if {
	_denial != null
} else := {
	"allowed": false,
	"code": "tool_not_allowed",
	"reason": _not_allowed,
	"http_status": 403,
}

# METADATA
# description: Faults in `data.access` for which a revision is refused.
config_errors contains sprintf("access: unknown mode `%v`", [_settings.mode]) if {
	not _settings.mode in {"seed0008", "v1alpha1-skip", "v1alpha1-match"}
}

config_errors contains sprintf("access: `default_action` must be allow or deny, not `%v`", [_settings.default_action]) if {
	not _settings.default_action in {"allow", "deny"}
}

config_errors contains sprintf("access: backend `%s`: a bare `*` names no service account", [name]) if {
	some name, backend in _settings.backends
	some rule in backend.rules
	some account in rule.source.service_accounts
	account == "*"
}

config_errors contains sprintf("access: backend `%s`: rule names must be unique", [name]) if {
	some name, backend in _settings.backends
	count(backend.rules) != count({rule.name | some rule in backend.rules})
}

config_errors contains sprintf("access: backend `%s`: rule `%s`: `%v` is not a SPIFFE id", [name, rule.name, id]) if {
	some name, backend in _settings.backends
	some rule in backend.rules
	some id in rule.source.identities
	startswith(id, "spiffe:")
	not regex.match(`^spiffe://[a-z0-9._-]+(/[A-Za-z0-9._-]+)*$`, id)
}

config_errors contains sprintf("access: path `%s` belongs to more than one backend", [path]) if {
	some name, backend in _settings.backends
	some path in backend.paths
	some other, twin in _settings.backends
	name < other
	path in twin.paths
}

# Every setting has its closed default.
_settings := object.union(
	{
		"mode": "seed0008",
		"default_action": "deny",
		"allow_by_omission": false,
		"blocked_tools": [],
		"max_args_size": 1048576,
		"namespace": "default",
		"backends": {},
		"http": [],
	},
	_configured,
)

default _configured := {}

_configured := data.access

_http := input.attributes.request.http

_http_method := upper(_http.method)

_path := input.path.normalised

_mcp := input.mcp

_not_allowed := sprintf("`%s` may not call tool `%s` here", [_subject, _mcp.tool]) if {
	_mcp.method == "tools/call"
} else := sprintf("`%s` may not use method `%s` here", [_subject, _mcp.method]) if {
	_mcp.method
} else := sprintf("`%s` may not %s this path", [_subject, _http_method])

_subject := data.guards.identity.subject

# The backend is the one whose path list names the request's path exactly.
_backend := [name, _settings.backends[name]] if {
	name := min({name | some name, backend in _settings.backends; _path in backend.paths})
}

# Rules of the backend whose source is the caller.
_rules := [rule |
	some rule in object.get(_backend[1], "rules", [])
	_is_source(rule)
]

# An omitted source is any caller; identities and service accounts are alternatives.
_is_source(rule) if not rule.source

_is_source(rule) if _subject in rule.source.identities

_is_source(rule) if {
	some pattern in rule.source.service_accounts
	_is_account(pattern)
}

_is_account(pattern) if pattern == data.guards.identity.service_account

_is_account(pattern) if {
	endswith(pattern, "/*")
	startswith(data.guards.identity.service_account, trim_suffix(pattern, "*"))
}

_is_account(pattern) if {
	not contains(pattern, "/")
	pattern != "*"
	concat("/", [_settings.namespace, pattern]) == data.guards.identity.service_account
}

default _denial := null

# The block list beats every allow rule.
_denial := {"code": "tool_blocked", "reason": sprintf("tool `%s` is blocked for everyone", [_mcp.tool])} if {
	_mcp.tool in _settings.blocked_tools
} else := {"code": "arguments_too_large", "reason": sprintf("the arguments are larger than %d bytes", [_settings.max_args_size])} if {
	count(json.marshal(_mcp.arguments)) > _settings.max_args_size
} else := {"code": "batch_refused", "reason": "a batch is not judged as one request"} if {
	_mcp.batch == true
}

# METADATA
# description: The name of the rule that allows the request (`backend/rule`), for evidence and budgets.
granted := "base methods" if {
	_settings.mode == "seed0008"
	_mcp.method in {"initialize", "notifications/initialized", "tools/list"}
} else := "base protocol" if {
	_settings.mode == "v1alpha1-match"
	count(_rules) > 0
	_base_protocol
} else := sprintf("%s/%s", [_backend[0], name]) if {
	name := min({rule.name | some rule in _rules; _allows(rule)})
} else := "by omission" if {
	_by_omission
} else := name if {
	not _mcp
	not _backend
	name := min({rule.name | some rule in _settings.http; _is_source(rule); _http_allows(rule)})
} else := "default action" if {
	_settings.default_action == "allow"
	_mcp.method == "tools/call"
}

_allows(rule) if {
	_mcp.method == "tools/call"
	some tool in rule.tools
	tool == _mcp.tool
	_arguments_fit(rule, tool)
}

_allows(rule) if {
	_mcp.method == "prompts/get"
	_mcp.params.name in rule.prompts
}

# Resources are known by their uri, not by a name.
_allows(rule) if {
	_mcp.method in {"resources/read", "resources/subscribe", "resources/unsubscribe"}
	_mcp.params.uri in rule.resources
}

_allows(rule) if _mcp.method in object.get(rule, "methods", [])

# `arguments: {tool: {argument: [allowed values]}}`: every listed argument must
# be there with one of its values.
_arguments_fit(rule, tool) if {
	every name, allowed in object.get(rule, ["arguments", tool], {}) {
		_mcp.arguments[name] in allowed
	}
}

# What the 2026 Kubernetes controller lets through: policies that say nothing.
_by_omission if {
	_settings.allow_by_omission
	startswith(_settings.mode, "v1alpha1")
	not _backend
	_mcp
}

_by_omission if {
	_settings.allow_by_omission
	startswith(_settings.mode, "v1alpha1")
	some rule in _rules
	not rule.tools
	not rule.methods
}

_by_omission if {
	_settings.allow_by_omission
	startswith(_settings.mode, "v1alpha1")
	some rule in _rules
	rule.tools == []
}

_base_protocol if _mcp.method in {"initialize", "tools/list", "ping"}

_base_protocol if {
	some prefix in ["completion/", "logging/", "notifications/"]
	startswith(_mcp.method, prefix)
}

_base_protocol if {
	not _mcp
	_http_method == "GET"
}

# Closing a session needs the session to close.
_base_protocol if {
	not _mcp
	_http_method == "DELETE"
	_http.headers["mcp-session-id"] != ""
}

_http_allows(rule) if {
	_http_method in rule.methods
	_path_fits(rule)
}

_path_fits(rule) if rule.path == _path

_path_fits(rule) if startswith(_path, concat("", [trim_suffix(rule.path_prefix, "/"), "/"]))
