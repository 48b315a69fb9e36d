# METADATA
# description: |
#   What a tool call costs. The guard only names the charges; the server reserves
#   all of them at once, after every guard has passed, and denies in this guard's
#   name when one does not fit.
package guards.budget

# METADATA
# description: Allows with the charges of the call; denies a call that costs more than one call may.
# entrypoint: true
verdict := {
	"allowed": false,
	"code": "cost_too_high",
	"reason": sprintf("a call may cost %v at most, this one costs %v (%s)", [_excess.max, _excess.cost, _excess.name]),
	"http_status": _excess.http_status,
} if {
	_excess
} else := {"allowed": true, "charges": _charges}

# METADATA
# description: Faults in `data.budget` for which a revision is refused.
config_errors contains sprintf("budget: `%s`: unknown part `%s` in `per`", [rule.name, part]) if {
	some rule in _rules
	some part in rule.per
	not part in {"subject", "tool", "session", "grant"}
}

config_errors contains sprintf("budget: `%s`: `limit` must be a whole number from 0", [name]) if {
	some rule in _rules
	name := object.get(rule, "name", "")
	not _whole(object.get(rule, "limit", null))
}

config_errors contains "budget: rule names must be unique" if {
	count(_rules) != count({rule.name | some rule in _rules})
}

default _rules := []

_rules := data.budget.rules

_whole(number) if {
	is_number(number)
	number == floor(number)
	number >= 0
}

# Only tool calls cost something.
_applying := [rule |
	input.mcp.method == "tools/call"
	some rule in _rules
	_applies(rule)
]

_applies(rule) if not rule.tools

_applies(rule) if input.mcp.tool in rule.tools

_cost(rule) := object.get(rule, ["costs", input.mcp.tool], object.get(rule, "cost", 1))

_status(rule) := object.get(rule, "http_status", 429)

_charges := [charge |
	some rule in _applying
	charge := {
		"key": concat("|", array.concat([rule.name], [_part(part) | some part in object.get(rule, "per", ["subject"])])),
		"cost": _cost(rule),
		"limit": rule.limit,
		"window": rule.window,
		"http_status": _status(rule),
	}
]

_part("subject") := data.guards.identity.subject

_part("tool") := input.mcp.tool

_part("session") := object.get(input.mcp, "session_id", "")

_part("grant") := data.guards.tool_scope.granted

_excesses := [excess |
	some rule in _applying
	_cost(rule) > rule.max_cost_per_call
	excess := {"name": rule.name, "cost": _cost(rule), "max": rule.max_cost_per_call, "http_status": _status(rule)}
]

_excess := _excesses[0]
