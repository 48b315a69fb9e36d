package authz

default allow := false

allow if input.user == "ann"
allow if "bob" == input.user
allow if input.user in {"cy", "dan"}
allow if {
	user := input.user
	user == "eve"
	input.action == "read"
}
allow if input.user == 7
allow if input.user == "fay"
allow if input.user == "guy"
allow if level("hal", input.depth) > 2
allow if input.user == "hal"

level("a", depth) := depth
level("b", _) := 1
level("c", _) := 2
level("d", _) := 3
level("e", _) := 4
level("f", _) := 5
level("g", _) := 6
level(name, _) := 7 if name == "hal"
