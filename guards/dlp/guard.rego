# METADATA
# description: |
#   Secrets and personal data in what an agent sends: every string, number and
#   key of a call's parameters, and what else `data.dlp.channels` switches on.
#   Findings are masked; the value itself is in no output.
package guards.dlp

# METADATA
# description: Denies a request that carries a kind whose action is deny; lists findings as evidence.
# entrypoint: true
verdict := {"allowed": true, "evidence": _evidence} if {
	count(_denials) == 0
} else := {
	"allowed": false,
	"code": _first.class,
	"reason": sprintf("%s in %s (%s)", [_first.kind, _first.path, _first.masked]),
	"http_status": 403,
	"evidence": _evidence,
}

# METADATA
# description: Faults in `data.dlp` for which a revision is refused.
config_errors contains sprintf("dlp: kind `%s`: action must be deny or report, not `%v`; ext_authz cannot change a body", [kind, rule.action]) if {
	some kind, rule in _settings.kinds
	rule.action
	not rule.action in {"deny", "report"}
}

# A kind that lacks one of these would never be found.
config_errors contains sprintf("dlp: kind `%s` needs `%s`, a text", [kind, key]) if {
	some kind, rule in _settings.kinds
	some key in ["action", "class", "pattern"]
	not _is_text(object.get(rule, key, null))
}

_is_text(value) if is_string(value)

config_errors contains sprintf("dlp: kind `%s`: `%v` is not a regular expression", [kind, rule.pattern]) if {
	some kind, rule in _settings.kinds
	not regex.is_valid(rule.pattern)
}

config_errors contains sprintf("dlp: unknown channel `%s`", [channel]) if {
	some channel, _ in _settings.channels
	not channel in {"arguments", "body", "headers", "query", "path"}
}

# Every setting has its default.
_settings := object.union(
	{
		"kinds": {},
		"channels": {"arguments": true, "body": true, "headers": false, "query": false, "path": false},
		"unscanned_headers": ["authorization", "cookie"],
		"exceptions": [],
		"skip_paths": [],
	},
	_configured,
)

default _configured := {}

_configured := data.dlp

config_errors contains "dlp: no kinds are configured, so nothing would be found" if {
	count(_settings.kinds) == 0
}

_evidence := {"findings": [finding | some finding in _findings]} if {
	count(_findings) > 0
} else := {}

_denials := [finding |
	some finding in _findings
	finding.action == "deny"
	not finding.exception
]

_first := _denials[0]

# The documents to look into, by the name that evidence gives them.
_documents["params"] := input.mcp.params if _settings.channels.arguments

_documents["body"] := input.parsed_body if {
	_settings.channels.body
	not input.mcp
}

_documents["headers"] := object.remove(input.attributes.request.http.headers, _settings.unscanned_headers) if {
	_settings.channels.headers
}

_documents["query"] := input.parsed_query if _settings.channels.query

_documents["path"] := input.attributes.request.http.path if _settings.channels.path

_documents["decoded_path"] := urlquery.decode(replace(input.attributes.request.http.path, "+", "%2B")) if {
	_settings.channels.path
}

_skipped if input.path.normalised in _settings.skip_paths

# Every text of the documents with its place: strings, long numbers, keys.
_leaves := [[name, path, text] |
	not _skipped
	some name, document in _documents
	walk(document, [path, value])
	some text in _texts(value)
]

_texts(value) := [value] if is_string(value)

# A card number may come as a number.
_texts(value) := [text] if {
	is_number(value)
	text := format_int(value, 10)
	count(text) > 12
}

_texts(value) := [key | some key, _ in value; is_string(key)] if is_object(value)

# Neighbouring strings put together, so that a secret in pieces is seen whole.
_joined := [text |
	not _skipped
	some document in _documents
	walk(document, [_, value])
	_is_composite(value)
	text := concat("", [item | some item in value; is_string(item)])
]

_is_composite(value) if is_array(value)

_is_composite(value) if is_object(value)

# One text for all patterns; no pattern crosses a line break.
_text := concat("\n", array.concat([leaf[2] | some leaf in _leaves], _joined))

# A pattern runs only when one of its needles is there.
_candidates[kind] := rule if {
	some kind, rule in _settings.kinds
	_has_needle(rule)
}

_has_needle(rule) if not rule.needles

_has_needle(rule) if {
	some needle in rule.needles
	contains(_text, needle)
}

_findings := [finding |
	some kind, rule in _candidates
	some value in {match | some match in regex.find_n(rule.pattern, _text, -1)}
	_valid(object.get(rule, "check", "none"), value)
	finding := _finding(kind, rule, value)
]

_finding(kind, rule, value) := {
	"kind": kind,
	"class": rule.class,
	"action": rule.action,
	"path": _place(value),
	"masked": _mask(rule.class, value),
	"exception": _excepted(kind, value),
}

# Where the value stands: the first place in document order.
_place(value) := concat("/", array.concat([name], [sprintf("%v", [step]) | some step in path])) if {
	[name, path, _] := [leaf | some leaf in _leaves; contains(leaf[2], value)][0]
} else := "neighbouring values"

default _mask(_, _) := "…"

_mask("secret_found", value) := concat("…", [substring(value, 0, 4), substring(value, count(value) - 4, 4)]) if {
	count(value) >= 16
}

_mask("personal_data_found", value) := concat("", ["…", substring(value, count(value) - 4, 4)]) if {
	count(value) >= 8
}

default _excepted(_, _) := false

_excepted(kind, value) if {
	some exception in _settings.exceptions
	kind in exception.kinds
	exception.tool == input.mcp.tool
	exception.path == _place(value)
}

_valid("none", _)

# Numbers that the Social Security Administration never gives out are no finding.
_valid("ssn", value) if {
	[area, group, serial] := split(value, "-")
	not area in {"000", "666"}
	not startswith(area, "9")
	group != "00"
	serial != "0000"
}

# ISO/IEC 7812: 13 to 19 digits, a payment network's first digit, the Luhn sum.
_valid("luhn", value) if {
	digits := [to_number(digit) | some digit in split(replace(replace(value, " ", ""), "-", ""), "")]
	count(digits) >= 13
	count(digits) <= 19
	digits[0] in {2, 3, 4, 5, 6}
	last := count(digits) - 1
	sum([_luhn(digit, (last - index) % 2) | some index, digit in digits]) % 10 == 0
}

_luhn(digit, 0) := digit

_luhn(digit, 1) := doubled if {
	doubled := digit * 2
	doubled < 10
} else := (digit * 2) - 9
