package guards.budget_test

import data.guards.budget

_call(tool) := {"mcp": {"method": "tools/call", "tool": tool, "session_id": "s1"}}

_judge(tool, rules) := verdict if {
	verdict := budget.verdict with input as _call(tool)
		with data.guards.identity as {"subject": "sa1"}
		with data.guards.tool_scope as {"granted": "backend/rule"}
		with data.budget as {"rules": rules}
}

test_allow_b1_counts if {
	_judge("echo", [{"name": "calls", "limit": 3, "window": "60s"}]).charges == [{"key": "calls|sa1", "cost": 1, "limit": 3, "window": "60s", "http_status": 429}]
}

test_allow_b2_costs_by_tool if {
	verdict := _judge("ask", [{"name": "money", "costs": {"ask": 10}, "limit": 25, "window": "24h", "http_status": 402}])
	verdict.charges[0].cost == 10
	verdict.charges[0].http_status == 402
}

test_deny_b3_too_dear if {
	verdict := _judge("ask", [{"name": "money", "costs": {"ask": 6}, "max_cost_per_call": 5, "limit": 25, "window": "24h", "http_status": 402}])
	verdict.allowed == false
	verdict.code == "cost_too_high"
	verdict.http_status == 402
	not verdict.charges
}

test_allow_b10_counted_per_grant if {
	rules := [{"name": "calls", "per": ["subject", "grant", "tool", "session"], "limit": 3, "window": "60s"}]
	_judge("echo", rules).charges[0].key == "calls|sa1|backend/rule|echo|s1"
}

test_allow_other_tools_and_methods_are_free if {
	_judge("echo", [{"name": "calls", "tools": ["ask"], "limit": 3, "window": "60s"}]).charges == []
	budget.verdict.charges == [] with input as {"mcp": {"method": "tools/list"}}
	budget.verdict.charges == [] with input as {}
}

test_deny_faulty_settings if {
	count(budget.config_errors) == 1 with data.budget as {"rules": [{"name": "x", "limit": 1.5}]}
	count(budget.config_errors) == 1 with data.budget as {"rules": [{"name": "x"}]}
	count(budget.config_errors) == 1 with data.budget as {"rules": [{"name": "x", "limit": 1, "per": ["colour"]}]}
	count(budget.config_errors) == 1 with data.budget as {"rules": [{"name": "x", "limit": 1}, {"name": "x", "limit": 2}]}
}

test_allow_shipped_settings_have_no_faults if budget.config_errors == set()
