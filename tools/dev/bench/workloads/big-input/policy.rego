package bench

result := {"allow": allow, "count": count(input.items)}

default allow := false

allow if {
	input.caller.role == "reader"
	input.items[0].team in input.caller.teams
}
