package guards.tool_scope_test

import data.guards.tool_scope

_access := {
	"mode": "seed0008",
	"blocked_tools": ["shell_exec"],
	"backends": {
		"mcp-server1": {"paths": ["/mcp-server1/mcp"], "rules": [
			{"name": "one", "source": {"service_accounts": ["default/sa1"]}, "tools": ["add", "subtract", "shell_exec"]},
			{"name": "two", "source": {"service_accounts": ["sa2"]}, "tools": ["subtract", "a_tool_with_a_rather_long_name"]},
		]},
		"mcp-server2": {"paths": ["/mcp-server2/mcp"], "rules": [{
			"name": "wiki",
			"source": {"identities": ["spiffe://cluster.local/ns/default/sa/sa2"]},
			"tools": ["read_wiki_structure"],
			"prompts": ["summary"],
			"resources": ["wiki://index"],
			"arguments": {"read_wiki_structure": {"repoName": ["org/allowed"]}},
		}]},
	},
	"http": [{"name": "reports", "source": {"service_accounts": ["default/*"]}, "methods": ["GET"], "path_prefix": "/reports"}],
}

_account(name) := {"subject": sprintf("spiffe://cluster.local/ns/default/sa/%s", [name]), "service_account": sprintf("default/%s", [name])}

_request(path, mcp) := {
	"attributes": {"request": {"http": {"method": "POST", "path": path, "headers": {"mcp-session-id": "s1"}}}},
	"path": {"normalised": path},
	"mcp": mcp,
}

_call(tool, arguments) := {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "tool": tool, "arguments": arguments, "params": {"name": tool, "arguments": arguments}, "batch": false}

_method(name, params) := {"jsonrpc": "2.0", "id": 1, "method": name, "params": params, "batch": false}

_plain(method, path, headers) := {
	"attributes": {"request": {"http": {"method": method, "path": path, "headers": headers}}},
	"path": {"normalised": path},
}

_judge(account, request, access) := verdict if {
	verdict := tool_scope.verdict with input as request
		with data.guards.identity as _account(account)
		with data.access as access
}

_allowed(account, request) if _judge(account, request, _access).allowed

_denied(account, request) if _judge(account, request, _access).allowed == false

_server1 := "/mcp-server1/mcp"

_server2 := "/mcp-server2/mcp"

test_allow_t1_sa1_add if _allowed("sa1", _request(_server1, _call("add", {})))

test_deny_t2_sa2_add if {
	verdict := _judge("sa2", _request(_server1, _call("add", {})), _access)
	verdict.allowed == false
	verdict.code == "tool_not_allowed"
	contains(verdict.reason, "add")
}

test_allow_t3_sa2_subtract if _allowed("sa2", _request(_server1, _call("subtract", {})))

test_allow_t4_sa2_reads_wiki if _allowed("sa2", _request(_server2, _call("read_wiki_structure", {"repoName": "org/allowed"})))

test_deny_t4_sa1_reads_wiki if _denied("sa1", _request(_server2, _call("read_wiki_structure", {"repoName": "org/allowed"})))

test_deny_t5_sa2_ask_question if _denied("sa2", _request(_server2, _call("ask_question", {})))

test_allow_t6_base_methods if {
	every name in ["initialize", "notifications/initialized", "tools/list"] {
		_allowed("anybody", _request("/mcp", _method(name, {})))
	}
}

test_deny_t6_other_methods if {
	every name in ["ping", "prompts/list", "resources/list", "logging/setLevel", "tools/calls"] {
		_denied("sa1", _request(_server1, _method(name, {})))
	}
}

test_deny_t7_skip_mode if {
	access := object.union(_access, {"mode": "v1alpha1-skip"})
	every name in ["initialize", "notifications/initialized", "tools/list"] {
		_judge("sa1", _request(_server1, _method(name, {})), access).allowed == false
	}
}

_match := object.union(_access, {"mode": "v1alpha1-match"})

test_allow_t7_match_mode if {
	every name in ["initialize", "notifications/initialized", "tools/list", "ping", "completion/complete"] {
		_judge("sa1", _request(_server1, _method(name, {})), _match).allowed
	}
}

test_deny_t7_match_mode_other_source if {
	_judge("stranger", _request(_server1, _method("initialize", {})), _match).allowed == false
}

test_allow_t8_delete_with_session if {
	_judge("sa1", _plain("DELETE", _server1, {"mcp-session-id": "s1"}), _match).allowed
}

test_deny_t8_delete_without_session if {
	_judge("sa1", _plain("DELETE", _server1, {}), _match).allowed == false
}

test_allow_t9_get_in_match_mode if _judge("sa1", _plain("GET", _server1, {}), _match).allowed

test_deny_t9_get_in_seed_mode if _denied("sa1", _plain("GET", _server1, {}))

test_deny_t10_empty_tools if {
	access := object.union(object.remove(_access, ["backends"]), {"backends": {"b": {"paths": [_server1], "rules": [{"name": "none", "tools": []}]}}})
	_judge("sa1", _request(_server1, _call("add", {})), access).allowed == false
	_judge("sa1", _request(_server1, _call("add", {})), object.union(access, {"mode": "v1alpha1-match"})).allowed == false
}

test_allow_t10_empty_tools_by_omission if {
	access := object.union(object.remove(_access, ["backends"]), {
		"mode": "v1alpha1-match",
		"allow_by_omission": true,
		"backends": {"b": {"paths": [_server1], "rules": [{"name": "none", "tools": []}]}},
	})
	_judge("sa1", _request(_server1, _call("add", {})), access).allowed
}

test_deny_t11_inexact_names if {
	every tool in ["Add", "add ", "add\u0000", "ad\u200bd", " add"] {
		_denied("sa1", _request(_server1, _call(tool, {})))
	}
}

test_deny_t13_no_name if {
	_denied("sa1", _request(_server1, _method("tools/call", {"Name": "add"})))
	_denied("sa1", _request(_server1, _method("tools/call", [])))
}

test_deny_t14_batch if {
	_denied("sa1", _request(_server1, object.union(_call("add", {}), {"batch": true})))
}

test_deny_t20_no_body if _denied("sa1", _plain("POST", _server1, {}))

test_allow_t21_prompts_by_name_resources_by_uri if {
	_allowed("sa2", _request(_server2, _method("prompts/get", {"name": "summary"})))
	_allowed("sa2", _request(_server2, _method("resources/read", {"uri": "wiki://index"})))
}

test_deny_t21_resource_by_name if {
	_denied("sa2", _request(_server2, _method("resources/read", {"name": "wiki://index"})))
	_denied("sa2", _request(_server2, _method("prompts/get", {"name": "other"})))
}

test_allow_t22_long_name if _allowed("sa2", _request(_server1, _call("a_tool_with_a_rather_long_name", {})))

test_deny_t23_argument_not_listed if {
	_denied("sa2", _request(_server2, _call("read_wiki_structure", {"repoName": "org/other"})))
	_denied("sa2", _request(_server2, _call("read_wiki_structure", {})))
}

test_deny_t24_block_list_first if {
	verdict := _judge("sa1", _request(_server1, _call("shell_exec", {})), _access)
	verdict.code == "tool_blocked"
}

test_allow_t24_default_action if {
	access := object.union(_access, {"default_action": "allow"})
	_judge("sa1", _request(_server1, _call("anything", {})), access).allowed
	_judge("sa1", _request(_server1, _call("shell_exec", {})), access).allowed == false
}

test_deny_t24_arguments_too_large if {
	access := object.union(_access, {"max_args_size": 10})
	verdict := _judge("sa1", _request(_server1, _call("add", {"a": "0123456789"})), access)
	verdict.code == "arguments_too_large"
}

test_allow_http_rule if {
	_allowed("sa1", _plain("GET", "/reports/1", {}))
	_denied("sa1", _plain("GET", "/reportsx", {}))
	_denied("sa1", _plain("POST", "/reports/1", {}))
	_denied("sa1", _plain("GET", "/other", {}))
}

test_deny_empty_input if not tool_scope.verdict.allowed with input as {}

test_deny_no_policy if {
	not tool_scope.verdict.allowed with input as _request(_server1, _call("add", {}))
		with data.guards.identity as _account("sa1")
		with data.access as {}
}

test_deny_config_errors if {
	count(tool_scope.config_errors) == 1 with data.access as {"mode": "open"}
	count(tool_scope.config_errors) == 1 with data.access as {"backends": {"b": {"rules": [{"name": "x", "source": {"service_accounts": ["*"]}}]}}}
	count(tool_scope.config_errors) == 1 with data.access as {"backends": {"b": {"rules": [{"name": "x"}, {"name": "x"}]}}}
	count(tool_scope.config_errors) == 1 with data.access as {"backends": {"b": {"paths": ["/p"]}, "c": {"paths": ["/p"]}}}
}

test_allow_shipped_settings_have_no_faults if tool_scope.config_errors == set()
