package a

# OPA takes the wildcard because the comprehension uses a variable of the body.
p if {
	v := [1]
	not input.roles[_].name == {x | some x in [1]; x != v}
}

q if {
	v := 7
	not input.roles[_].name == [x | some x in [1]; x != v]
}
