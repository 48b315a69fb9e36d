package bench

result := {"allow": count(problems) == 0, "problems": problems, "summary": summary}

message := json.unmarshal(input.body)

summary := concat("; ", [line |
	some index, entry in message.params.arguments.entries
	[area, _] := split(entry.key, "/")
	line := sprintf("%d %s=%v", [index, area, entry.amount])
])

problems contains sprintf("entry %d: area %s is not open", [index, area]) if {
	some index, entry in message.params.arguments.entries
	area := split(entry.key, "/")[0]
	not area in open_areas
}

problems contains sprintf("entry %d: %v is above %v", [index, entry.amount, limit]) if {
	some index, entry in message.params.arguments.entries
	limit := 900
	entry.amount > limit
}

open_areas := {"finance", "travel", "office", "training"}
