package bench

result := {"totals": totals, "expensive": expensive}

teams := {item.team | some item in input.items}

totals[team] := total if {
	some team in teams
	total := sum([cost |
		some item in input.items
		item.team == team
		cost := item.price * item.quantity
	])
}

expensive[team] := names if {
	some team in teams
	names := {item.name |
		some item in input.items
		item.team == team
		item.price > 95
	}
}
