package authz

level(user) := 2 if user in {"ann", "bob"}

level(user) := 1 if user == "cyd"

allow if level(input.user) > 1

test_allow if {
	allow with input as {"user": "ann"}
	not allow with input.user as "cyd"
	count(["x"]) == 5 with count as 5
}
