package a

p if input.user.nmae == "x"

q if input.user.name == 1

r if input.roles[_] == true

s if {
	some x in input.tree.children
	x.children[0].label == 1
}
