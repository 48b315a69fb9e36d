package bench

result := {"allow": allow, "relations": relations}

default allow := false

allow if input.relation in relations

relations contains tuple.relation if {
	some tuple in data.by_subject[input.subject]
	tuple.object == input.object
}
